"""What is told as a Kubernetes Event, and the object that tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sluice_core import names

Manifest: TypeAlias = dict[str, Any]

NOTE_LIMIT = 1024  # bytes; what the API server admits


@dataclass(frozen=True)
class Event:
    """Something that has happened to an object."""

    kind: Literal["Normal", "Warning"]
    reason: str
    note: str
    action: str = "Reconcile"


@dataclass(frozen=True)
class Regarding:
    """The object of ours that an Event is about."""

    kind: Literal["Workflow", "WorkflowRun"]
    namespace: str
    name: str
    uid: str


def of_workflow(meta: Mapping[str, Any]) -> Regarding:
    """By the metadata of a Workflow."""
    return Regarding("Workflow", meta["namespace"], meta["name"], meta["uid"])


def make(
    event: Event, about: Regarding, reporter: str, now: datetime, *, name: str = ""
) -> Manifest:
    """The object; `reporter` is who saw it, as a name of a pod. One `name` has one Event."""
    named = {"name": name} if name else {"generateName": f"{about.name}-"}
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {**named, "namespace": about.namespace},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": event.kind,
        "reason": event.reason,
        "note": event.note.encode()[:NOTE_LIMIT].decode(errors="ignore"),
        "action": event.action,
        "reportingController": f"{names.GROUP}/operator",
        "reportingInstance": reporter[:128] or "sluice-operator",
        "regarding": {
            "apiVersion": names.API_VERSION,
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
        },
    }
