"""The actions that steps may name where files are read: built-in ones, and those of the files."""

from collections.abc import Iterable, Mapping
from typing import Any

from sluice_cli.documents import Document
from sluice_core import validation
from sluice_core.api.action import WorkflowAction
from sluice_core.catalog import ActionType


def own(documents: Iterable[Document]) -> dict[str, WorkflowAction]:
    """The WorkflowActions among them."""
    manifests = (document.manifest for document in documents)
    return of_manifests(one for one in manifests if one.get("kind") == "WorkflowAction")


def of_cluster() -> dict[str, WorkflowAction]:
    """Those of the kubeconfig's cluster; raises Unreadable."""
    from sluice_cli import remote  # noqa: PLC0415 - see there

    return of_manifests(remote.actions())


def of_manifests(manifests: Iterable[dict[str, Any]]) -> dict[str, WorkflowAction]:
    """WorkflowActions by name, but for what is of no known form."""
    parsed = (validation.parse(WorkflowAction, manifest)[0] for manifest in manifests)
    return {action.metadata.name: action for action in parsed if action is not None}


def catalogue(actions: Mapping[str, WorkflowAction]) -> Mapping[str, ActionType]:
    """All that there are; one with a fault is among them, and says why it cannot be used."""
    return validation.catalogue(actions.values())
