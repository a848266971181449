"""How credentials get into a runner: a volume of Secrets, and a ConfigMap of what is no secret."""

from collections.abc import Mapping
from typing import Any

from sluice_core import mounts, names
from sluice_core.api.credential import CredentialSpec
from sluice_core.api.workflow import Workflow
from sluice_core.mounts import Mount
from sluice_operator.workflow.resources.meta import metadata

PATH = "/etc/sluice/credentials"
VOLUME = "credentials"
READABLE = 0o440


def make_config(workflow: Workflow, specs: Mapping[str, CredentialSpec]) -> dict[str, Any]:
    """The configurations of the credentials that the workflow names."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(workflow, names.credentials_config_map(workflow.metadata.name)),
        "data": {mounts.config_file(name): mounts.config(specs[name]) for name in sorted(specs)},
    }


def make_volume(workflow: Workflow, wanted: Mapping[str, Mount]) -> dict[str, Any]:
    """Everything in it is optional: what is missing is told, and keeps no pod from starting.

    Only the keys that a credential may have are in it, and not whatever else its Secret holds.
    """
    config = {
        "name": names.credentials_config_map(workflow.metadata.name),
        "optional": True,
    }
    secrets = [
        {"name": one.secret, "items": mounts.items(name, one), "optional": True}
        for name, one in sorted(wanted.items())
    ]
    return {
        "name": VOLUME,
        "projected": {
            "defaultMode": READABLE,
            "sources": [{"configMap": config}, *({"secret": one} for one in secrets)],
        },
    }


def make_volume_mount() -> dict[str, Any]:
    """Where it is in the runner."""
    return {"name": VOLUME, "mountPath": PATH, "readOnly": True}
