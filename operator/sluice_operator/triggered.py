"""The manifest of a run that a trigger sets off. It goes with its workflow, and no namesake."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sluice_core import names


class Owner(NamedTuple):
    """The workflow that a run is of."""

    namespace: str
    name: str
    uid: str


def make_run(owner: Owner, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A run of that name; `spec` is what its trigger says, without the workflow."""
    reference = {
        "apiVersion": names.API_VERSION,
        "kind": "Workflow",
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "metadata": {
            "name": name,
            "namespace": owner.namespace,
            "labels": names.owned_by_workflow(owner.name),
            "ownerReferences": [reference],
        },
        "spec": {"workflow": owner.name, **spec},
    }
