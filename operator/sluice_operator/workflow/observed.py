"""All that the decision about one Workflow may depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from sluice_core.api.action import ActionSpec
from sluice_core.api.credential import CredentialSpec
from sluice_core.api.plan import PlanSpec
from sluice_core.api.workflow import Workflow
from sluice_core.catalog import ActionType, own
from sluice_core.wire import Readiness
from sluice_operator.workflow.scaling import NOTHING, Load

Manifest: TypeAlias = dict[str, Any]


class Unwatched(NamedTuple):
    """Why a resource trigger watches nothing."""

    reason: str
    message: str


class Child(NamedTuple):
    """An object by kind and name, in the workflow's namespace."""

    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is the same for all workflows: the chart's values."""

    runner_image: str
    pull_policy: str
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    release_namespace: str
    gateway_service: str
    cluster_domain: str
    public_keys: Mapping[str, str]
    couriers: bool = True


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The WorkflowPlan of the namespace; `spec` is None when the label names none that exists."""

    name: str
    spec: PlanSpec | None


@dataclass(frozen=True, kw_only=True)
class Actions:
    """The WorkflowActions of the cluster, and why some of them cannot be used."""

    specs: Mapping[str, ActionSpec] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def catalogue(self) -> Mapping[str, ActionType]:
        """All actions that a step may name, and those that it must not."""
        return own.catalogue(self.specs, self.faults)

    @property
    def usable(self) -> Mapping[str, ActionSpec]:
        """Those without a fault."""
        return {name: spec for name, spec in self.specs.items() if name not in self.faults}


@dataclass(frozen=True)
class Reach:
    """Where a runner may connect to besides public HTTPS, and whether names may be private."""

    allow: tuple[str, ...]
    private: bool


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A version that exists as a ControllerRevision."""

    number: int
    digest: str
    tagged: bool = False
    credentials: frozenset[str] = frozenset()  # that its steps name


@dataclass(frozen=True, kw_only=True)
class RunAttempt:
    """An attempt of a run that has a pod of its own."""

    name: str
    uid: str
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """The undecided runs of a workflow that want its runner now, and when runs last did.

    `fresh` are those that may go and have not begun, `begun` are on a runner, or were and go on.
    `spare` are the names of surplus pods that have no run, `refusal` says why a run gets no pod of
    its own. Times are those of runs that a runner
    has worked on; they are `known` once the kept runs were read, after a change of leader.
    """

    fresh: int = 0
    begun: int = 0
    last_trigger: datetime | None = None
    last_end: datetime | None = None
    known: bool = True
    load: Load = NOTHING
    spare: frozenset[str] = frozenset()
    refusal: str = ""

    @property
    def any(self) -> bool:
        """Whether a run wants the runner."""
        return bool(self.fresh or self.begun)


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A Workflow, its children as they are, and what they depend on.

    `pinned` are the versions of unfinished runs, None while those are not known yet.
    `credentials` are those of the namespace that the workflow may name, `answers` what runners
    have said of them, by the uid of their pod. `told` is what the status says of runs, which others
    of this process know; None leaves it as it is. `unwatched` are the resource triggers that cannot
    be watched, None while that is not known. `place` is how many workflows of the namespace are
    older, `older` how many credentials are than each; both are known where the plan has a cap.
    """

    workflow: Workflow
    manifest: Manifest
    installation: Installation
    plan: Plan | None
    children: Mapping[Child, Manifest]
    pods: tuple[Manifest, ...]
    revisions: tuple[Revision, ...]
    pinned: frozenset[int] | None = frozenset()
    actions: Actions = Actions()
    credentials: Mapping[str, CredentialSpec] = field(default_factory=dict)
    answers: Mapping[str, Readiness] = field(default_factory=dict)
    demand: Demand = Demand()
    told: Mapping[str, Any] | None = None
    unwatched: tuple[Unwatched, ...] | None = None
    place: int = 0
    older: Mapping[str, int] = field(default_factory=dict)
    now: datetime

    @property
    def deployment(self) -> Manifest | None:
        """The runner's Deployment as it is."""
        return next((o for c, o in self.children.items() if c.kind == "Deployment"), None)
