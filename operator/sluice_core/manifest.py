"""A Kubernetes object as JSON: the one place where a dict is the right type."""

from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]
