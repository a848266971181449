"""What the size of a runner depends on, taken from all that was seen of its workflow."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sluice_core import names, verbs
from sluice_core.admission import Standing
from sluice_core.api.workflow import Workflow
from sluice_core.api.workflow_status import WorkflowStatus
from sluice_core.shared import shared
from sluice_operator.workflow.observed import Demand, Observed
from sluice_operator.workflow.scaling import Bounds

SPARE = "-1000"
"""The cost of deletion that a pod shows which has no run and gets none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """All that the size of a runner depends on.

    `solo` is whether each run has a pod of its own. `live` is how many pods its Deployment asks
    for, None without one. `shown` is the time of the next transition as the status has it. `since`
    is when the workflow was made, its runner came up, or a run ended that is not kept any more.
    `slept` is since when it is asleep by itself, and not by hand: a stop before that is over.
    """

    standing: Standing
    solo: bool = False
    bounds: Bounds
    idle: timedelta
    demand: Demand
    since: datetime
    live: int | None
    shown: datetime | None
    slept: datetime | None = None
    now: datetime


def of(seen: Observed) -> Situation:
    """What of all that was seen the size depends on."""
    spec, meta, status = seen.workflow.spec, seen.workflow.metadata, seen.workflow.status
    times = [meta.creation_timestamp] if meta.creation_timestamp else []
    times += [
        one.last_transition_time
        for one in status.conditions
        if one.type == "Active" and one.status == "True" and one.last_transition_time
    ]
    if seen.demand.last_end is None and status.health.last_run_time:
        times.append(status.health.last_run_time)  # no run of then is kept
    slots = spec.runner.concurrency
    return Situation(
        standing=standing(seen.workflow),
        solo=spec.runner.mode == "Job",
        bounds=shared(Bounds(low=spec.replicas, high=spec.max_replicas, slots=slots)),
        idle=shared(timedelta(minutes=spec.lifecycle.idle_minutes)),
        demand=shared(_priced(seen)),
        since=max(times, default=seen.now),
        live=seen.deployment["spec"].get("replicas") if seen.deployment else None,
        shown=status.next_transition_time,
        slept=_slept(status),
        now=seen.now,
    )


def _slept(status: WorkflowStatus) -> datetime | None:
    if status.stopped_reason not in ("Idle", "OnDemand"):
        return None
    times = (c.last_transition_time for c in status.conditions if c.type == "Active")
    return next(times, None)


def _priced(seen: Observed) -> Demand:
    """With the number of spare pods that show it."""
    shown = sum(
        pod["metadata"]["name"] in seen.demand.spare
        and pod["metadata"].get("annotations", {}).get(names.ANNOTATION_DELETION_COST) == SPARE
        and "deletionTimestamp" not in pod["metadata"]
        for pod in seen.pods
    )
    return replace(seen.demand, load=replace(seen.demand.load, spare_pods=shown))


def standing(workflow: Workflow) -> Standing:
    """What decides whether it takes a run."""
    spec = workflow.spec
    return Standing(
        name=workflow.metadata.name,
        state=spec.state,
        replicas=spec.replicas,
        policy=spec.lifecycle.policy,
        window=spec.lifecycle.window,
        verbs=verbs.read(workflow.metadata.annotations),
    )
