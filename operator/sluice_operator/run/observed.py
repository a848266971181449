"""What decisions about runs depend on: the run, its workflow, and the room on its runners."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sluice_core.record import Record

TERMINAL = ("Succeeded", "Failed", "Cancelled")


class Name(NamedTuple):
    """A namespace and a name in it."""

    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A version of a workflow: the bytes that a runner executes, and how many steps they have."""

    version: int
    digest: str
    raw: bytes
    steps: int
    loss_limit: int


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A workflow, as far as its runs depend on it.

    `invalid` and `failure` are sentences: why it cannot run, and why its runner does not get up.
    """

    uid: str
    state: str
    replicas: int
    current: Pinned | None
    invalid: str = ""
    failure: str = ""


@dataclass(kw_only=True)
class Run:
    """An undecided run in the operator's memory: what was asked, and how far it is."""

    name: Name
    uid: str
    workflow: Name
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    created: str
    generation: int = 1
    attempt: int = 1
    losses: int = 0
    pod: str | None = None
    pod_name: str = ""
    through: int = 0
    pinned: Pinned | None = None
    record: Record = field(default_factory=Record)
    blocked_by: set[str] = field(default_factory=set)
    waiting_for: tuple[str, str] = ("Pending", "")
    ending: bool = False

    @property
    def cancelled(self) -> bool:
        """Whether its cancellation was asked for."""
        return bool(self.spec.get("cancel"))

    @property
    def names_version(self) -> bool:
        """Whether the version was chosen before now, by its author or by an earlier leader."""
        return bool(self.spec.get("revision") or self.status.get("revision"))

    @property
    def order(self) -> tuple[int, str, str]:
        """Higher priority first, then the older one."""
        return (-int(self.spec.get("priority", 0)), self.created, self.name.name)


def read(manifest: dict[str, Any]) -> Run:
    """The memory of a run that was found, with what an earlier leader wrote of it."""
    meta, spec, status = manifest["metadata"], manifest["spec"], manifest.get("status", {})
    interrupted = status.get("phase") == "Running"
    return Run(
        name=Name(meta["namespace"], meta["name"]),
        uid=meta["uid"],
        workflow=Name(meta["namespace"], spec["workflow"]),
        spec=spec,
        status=status,
        created=meta["creationTimestamp"],
        generation=meta.get("generation", 1),
        attempt=max(1, status.get("attempt", 1)) + (1 if interrupted else 0),
        losses=status.get("runnerLosses", 0),
        record=Record(status),
    )


def has_ended(manifest: Mapping[str, Any]) -> bool:
    """Whether the run's phase is one that never changes."""
    return manifest.get("status", {}).get("phase") in TERMINAL
