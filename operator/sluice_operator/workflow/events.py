"""Which changes of a workflow's status are told as Kubernetes Events."""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice_core.conditions import find
from sluice_operator.kube_events import Event

BAD = ("RunnerFailed", "NameTaken", "CredentialMissing")


def of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Event]:
    """What a change of status tells; a status that is as it was tells nothing."""
    if _is_new(before, after, "Valid", "False"):
        shown = _condition(after, "Valid")
        yield Event("Warning", shown["reason"], shown["message"])
    if _is_new(before, after, "Ready", "False") and _condition(after, "Ready")["reason"] in BAD:
        shown = _condition(after, "Ready")
        yield Event("Warning", shown["reason"], shown["message"])
    is_at = after.get("deploymentStatus", "")
    if is_at not in ("", "Failed", before.get("deploymentStatus", "NotDeployed")):
        yield Event("Normal", is_at, _condition(after, "Active").get("message", ""))


def _is_new(before: Mapping[str, Any], after: Mapping[str, Any], kind: str, status: str) -> bool:
    was, shown = _condition(before, kind), _condition(after, kind)
    same = (was.get("status"), was.get("reason")) == (shown.get("status"), shown.get("reason"))
    return shown.get("status") == status and not same


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return find(status.get("conditions", ()), kind) or {}
