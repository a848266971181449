"""What decisions about runs depend on: the run, its workflow, and the room on its runners."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from sluice_core import conditions, names
from sluice_core.admission import Standing
from sluice_core.api.steps import RunRetry
from sluice_core.api.triggers import ConcurrencyPolicy
from sluice_core.api.workflow import Concurrency
from sluice_core.definition import Definition, digest
from sluice_core.mounts import Mount
from sluice_core.rates import Limit
from sluice_core.record import CONDITION, Record

TERMINAL = ("Succeeded", "Failed", "Cancelled")


class Name(NamedTuple):
    """A namespace and a name in it."""

    namespace: str
    name: str

    @classmethod
    def kept(cls, namespace: str, name: str) -> Self:
        """One that many may keep for long: all of them have the same two strings."""
        return cls(sys.intern(namespace), sys.intern(name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinned:
    """A version of a workflow: the bytes that a runner executes, and how many steps they have."""

    version: int
    digest: str
    raw: bytes
    steps: int
    loss_limit: int
    timeout_seconds: int = 3600
    retry: RunRetry = field(default_factory=RunRetry)
    credentials: frozenset[str] = frozenset()

    @classmethod
    def of(cls, version: int, definition: Definition) -> Self:
        """What is executed under that number: the version itself, or what a run has in its place.

        Raises InvalidDefinition.
        """
        raw, settings = definition.encode(), definition.settings
        return cls(
            version=version,
            digest=digest(raw),
            raw=raw,
            steps=len(definition.steps),
            loss_limit=settings.runner_loss_limit,
            timeout_seconds=settings.timeout_seconds,
            retry=settings.retry,
            credentials=frozenset(s.credential for s in definition.steps if s.credential),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """A workflow, as far as its runs depend on it.

    `schedules` are the policies of triggers that do not allow runs beside each other, `rates` those
    of the namespace's plan. `invalid`, `failure` and `lacking` are sentences: why it cannot run,
    why its runner does not get up, and what is wrong with its credentials as far as that is known.
    `mounted` are the credentials as pods should have them mounted, with None for those that do not
    exist; None where pods stay as they are. `solo` is whether each run has a pod of its own, of
    which there are `most_pods` at a time.
    """

    uid: str
    standing: Standing
    current: Pinned | None
    concurrency: Concurrency = field(default_factory=Concurrency)
    schedules: Mapping[str, ConcurrencyPolicy] = field(default_factory=dict)
    rates: tuple[Limit, ...] = ()
    invalid: str = ""
    failure: str = ""
    lacking: str = ""
    mounted: Mapping[str, Mount | None] | None = None
    solo: bool = False
    most_pods: int | None = None

    def overlooks(self, needed: Iterable[str]) -> bool:
        """Whether it was decided without thought of some of these credentials."""
        return self.mounted is not None and not self.mounted.keys() >= set(needed)

    def admits(self, needed: Iterable[str], pod: Mapping[str, Mount]) -> bool:
        """Whether a pod with these mounts has all that is needed, as it should be now."""
        wanted = self.mounted
        return wanted is None or all(n in wanted and pod.get(n) == wanted[n] for n in needed)


@dataclass(kw_only=True)
class Run:
    """An undecided run in the operator's memory: what was asked, and how far it is.

    `admitted` is a run that concurrency has let through, `counted` one that the plan's rates have.
    `retries` counts the attempts that followed a failure, apart from those that followed a lost
    runner. `earlier` is the run that it resumes, `ancestors` are the workflows of the runs above
    it; `prepared` once both are read. `notifications` is how those about it go, for the status.
    """

    name: Name
    uid: str
    workflow: Name
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    created: str
    generation: int = 1
    attempt: int = 1
    losses: int = 0
    retries: int = 0
    not_before: datetime | None = None
    admitted: bool = False
    counted: bool = False
    prepared: bool = True
    earlier: Mapping[str, Any] | None = None
    parent: str | None = None
    ancestors: tuple[str, ...] = ()
    replaced_by: str = ""
    pod: str | None = None
    pod_name: str = ""
    through: int = 0
    pinned: Pinned | None = None
    record: Record = field(default_factory=Record)
    blocked_by: set[str] = field(default_factory=set)
    waiting_for: tuple[str, str] = ("Pending", "")
    ending: bool = False
    notifications: tuple[dict[str, Any], ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether its cancellation was asked for."""
        return bool(self.spec.get("cancel"))

    @property
    def begun(self) -> bool:
        """Whether a runner has worked on it."""
        return self.pod is not None or self.attempt > 1 or self.record.started is not None

    @property
    def solo(self) -> str:
        """What a pod is called that is for this attempt alone."""
        return f"{self.uid}/{self.attempt}"

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Its own, or those of the run that it resumes."""
        earlier = self.earlier["spec"] if self.earlier else {}
        found: Mapping[str, Any] = self.spec.get("inputs") or earlier.get("inputs", {})
        return found

    @property
    def entities(self) -> tuple[str, ...]:
        """Its own, or those of the run that it resumes."""
        earlier = self.earlier["spec"] if self.earlier else {}
        return tuple(self.spec.get("entities") or earlier.get("entities", ()))

    @property
    def deadline(self) -> int | None:
        """When it has to be over, in milliseconds; None before it has begun.

        Counted from its first start, whatever happened since.
        """
        if self.pinned is None or self.record.started is None:
            return None
        return self.record.started + self.pinned.timeout_seconds * 1000

    @property
    def named_version(self) -> int:
        """The version that was chosen before now, by its author or by an earlier leader; or 0."""
        return int(self.status.get("revision") or self.spec.get("revision") or 0)

    @property
    def order(self) -> tuple[int, str, str]:
        """Higher priority first, then the older one."""
        return (-int(self.spec.get("priority", 0)), self.created, self.name.name)


def read(manifest: dict[str, Any]) -> Run:
    """The memory of a run that was found, with what an earlier leader wrote of it."""
    meta, spec, status = manifest["metadata"], manifest["spec"], manifest.get("status", {})
    interrupted = status.get("phase") == "Running"
    next_time = status.get("nextAttemptTime")
    run = Run(
        name=Name(meta["namespace"], meta["name"]),
        uid=meta["uid"],
        workflow=Name(meta["namespace"], spec["workflow"]),
        spec=spec,
        status=status,
        created=meta["creationTimestamp"],
        generation=meta.get("generation", 1),
        attempt=max(1, status.get("attempt", 1)) + (1 if interrupted else 0),
        losses=status.get("runnerLosses", 0),
        retries=status.get("retries", 0),
        not_before=datetime.fromisoformat(next_time) if next_time else None,
        parent=parent_of(meta),
        record=Record(status),
        notifications=tuple(status.get("notifications", ())),
        counted=names.ANNOTATION_COUNTED in meta.get("annotations", {}),
    )
    run.prepared = not (spec.get("resumeFrom") or run.parent)
    shown = conditions.find(status.get("conditions", []), CONDITION)
    if shown is not None and status.get("phase") == "Retrying":
        run.waiting_for = (shown["reason"], shown["message"])
    return run


def parent_of(meta: Mapping[str, Any]) -> str | None:
    """The name of the run that has made this one."""
    owners = meta.get("ownerReferences", ())
    ours = (one for one in owners if one["apiVersion"] == names.API_VERSION)
    return next((one["name"] for one in ours if one["kind"] == "WorkflowRun"), None)


def has_ended(manifest: Mapping[str, Any]) -> bool:
    """Whether the run's phase is one that never changes."""
    return manifest.get("status", {}).get("phase") in TERMINAL
