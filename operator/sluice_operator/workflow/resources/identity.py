"""Who a runner is, and whom it believes: its ServiceAccount and the public keys it trusts."""

from collections.abc import Mapping
from typing import Any

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_operator.workflow.resources.meta import metadata


def make_service_account(workflow: Workflow) -> dict[str, Any]:
    """An account without rights, whose token no pod mounts."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(workflow, names.runner(workflow.metadata.name)),
        "automountServiceAccountToken": False,
    }


def make_keys(workflow: Workflow, public_keys: Mapping[str, str]) -> dict[str, Any]:
    """File name to PEM: the current and the previous key of operator and gateway."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(workflow, names.keys_config_map(workflow.metadata.name)),
        "data": dict(sorted(public_keys.items())),
    }
