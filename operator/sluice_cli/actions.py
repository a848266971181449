"""The actions that steps may name where files are read: built-in ones, and those of the files."""

from collections.abc import Iterable, Mapping

from sluice_cli.documents import Document
from sluice_core import validation
from sluice_core.api.action import WorkflowAction
from sluice_core.catalog import ActionType
from sluice_core.catalog import own as own_actions


def own(documents: Iterable[Document]) -> dict[str, WorkflowAction]:
    """The WorkflowActions among them; what is of no known form is not one."""
    found: dict[str, WorkflowAction] = {}
    for document in documents:
        if document.manifest.get("kind") == "WorkflowAction":
            action, _ = validation.parse(WorkflowAction, document.manifest)
            if action is not None:
                found[action.metadata.name] = action
    return found


def catalogue(actions: Mapping[str, WorkflowAction]) -> Mapping[str, ActionType]:
    """All that there are; one with a fault is among them, and says why it cannot be used."""
    faults = {
        name: "; ".join(map(str, validation.check_action(one))) for name, one in actions.items()
    }
    return own_actions.catalogue({name: one.spec for name, one in actions.items()}, faults)
