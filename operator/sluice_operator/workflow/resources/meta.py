"""The metadata of every child: its labels, and the owner with whom it goes."""

from typing import Any

from sluice_core import names
from sluice_core.api.workflow import Workflow


def metadata(workflow: Workflow, name: str) -> dict[str, Any]:
    """Nothing of the owner's labels and annotations is copied, so GitOps tools see no drift."""
    return {
        "name": name,
        "namespace": workflow.metadata.namespace,
        "labels": names.owned_by_workflow(workflow.metadata.name),
        "ownerReferences": [owner(workflow)],
    }


def owner(workflow: Workflow) -> dict[str, Any]:
    """`blockOwnerDeletion` is false: nothing of ours holds up a deletion."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Workflow",
        "name": workflow.metadata.name,
        "uid": workflow.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
