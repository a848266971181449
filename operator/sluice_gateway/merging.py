"""Merge a change into an object (RFC 7396)."""

from collections.abc import Mapping
from typing import Any


def merged(target: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Null takes a field away; lists are replaced as a whole."""
    made = dict(target)
    for name, value in change.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, Mapping):
            before = made.get(name)
            made[name] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            made[name] = value
    return made
