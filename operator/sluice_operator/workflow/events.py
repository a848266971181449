"""Which changes of a workflow's status are told as Kubernetes Events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sluice_core import names
from sluice_core.conditions import find
from sluice_operator.workflow.observed import Manifest

NOTE_LIMIT = 1024  # bytes; what the API server admits
BAD = ("RunnerFailed", "NameTaken", "CredentialMissing")


@dataclass(frozen=True)
class Event:
    """Something that has happened to a workflow."""

    kind: Literal["Normal", "Warning"]
    reason: str
    note: str


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


def make(event: Event, workflow: Manifest, reporter: str, now: datetime) -> Manifest:
    """The object; `reporter` is who saw it, as a name of a pod."""
    meta = workflow["metadata"]
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"generateName": f"{meta['name']}-", "namespace": meta["namespace"]},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": event.kind,
        "reason": event.reason,
        "note": event.note.encode()[:NOTE_LIMIT].decode(errors="ignore"),
        "action": "Reconcile",
        "reportingController": f"{names.GROUP}/operator",
        "reportingInstance": reporter[:128] or "sluice-operator",
        "regarding": {
            "apiVersion": names.API_VERSION,
            "kind": "Workflow",
            "namespace": meta["namespace"],
            "name": meta["name"],
            "uid": meta["uid"],
        },
    }
