"""When a runner is up: state, replicas, verbs and policy of a workflow, and the runs that want it.

Whatever has begun is finished first: none of them takes the runner away from such a run.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sluice_core import admission, cron
from sluice_core.api.lifecycle import LifecyclePolicy
from sluice_core.api.workflow_status import StoppedReason
from sluice_operator.workflow import scaling
from sluice_operator.workflow.situation import Situation

DEPLOYED = ("Active", "Paused")
LINGER = timedelta(seconds=10)  # gaps between the runs of one batch
STARTED = timedelta(minutes=5)  # how long an OnDemand runner started by hand waits for a run


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How many pods there should be, why, and in words; None is no Deployment at all.

    With `solo` there is what the pods of single runs need. `keep` is how many of the pods take
    runs: those beyond it go as soon as they have none.

    `takes_runs` is whether a runner at zero is only asleep. `transition` is when the policy opens
    or closes it, `recheck_at` when all of this has to be decided again.
    """

    replicas: int | None
    reason: str
    message: str
    solo: bool = False
    keep: int | None = None
    stopped: StoppedReason | None = None
    takes_runs: bool = True
    transition: datetime | None = None
    recheck_at: datetime | None = None


SUSPENDED = Size(
    replicas=0,
    reason="Suspended",
    message="spec.replicas is 0: triggers are refused until it is scaled up",
    stopped="Suspended",
    takes_runs=False,
)


def is_fixed(seen: Situation) -> bool:
    """Whether neither runs nor the time change the size."""
    here = seen.standing
    if seen.solo and here.state in DEPLOYED:
        return here.policy != "ScheduledWindow"
    is_up = here.state in DEPLOYED and here.replicas > 0 and not here.verbs.stopped
    if not seen.bounds.is_fixed or (seen.live or 0) > seen.bounds.low:
        return False
    return here.policy == "AlwaysOn" and is_up


def decide(seen: Situation) -> Size:
    """The size of the runner now."""
    if seen.solo and seen.standing.state in DEPLOYED:
        return _solo(seen)
    size = _by_policy(seen)
    if size.replicas or not seen.demand.begun:
        return size
    if size.solo and not seen.live:
        return size  # they have pods of their own
    message = "runs that have begun are finished before the runner stops"
    pods = max(1, seen.live or 0)
    return replace(size, replicas=pods, reason="Finishing", message=message, stopped=None)


def _by_policy(seen: Situation) -> Size:
    if seen.standing.state not in DEPLOYED:
        return _without_runner(seen)
    if seen.standing.replicas == 0:
        return SUSPENDED
    return POLICIES[seen.standing.policy](seen)


def _without_runner(seen: Situation) -> Size:
    """A draft has pods for its tests: what they need is there while they are."""
    state = seen.standing.state
    message = f"a workflow in state {state} has no runner; set spec.state to Active"
    wanted = state == "Draft" and seen.demand.any
    return Size(replicas=None, reason=state, message=message, solo=wanted, takes_runs=False)


def _solo(seen: Situation) -> Size:
    """No pod waits for runs: of policies only what they refuse or put off is left."""
    here = seen.standing
    message = "each run has a pod of its own: runner.mode is Job"
    size = Size(replicas=None, reason="Job", message=message)
    if here.replicas == 0 or here.policy in ("AlwaysOn", "ScheduledWindow"):
        shared = _by_policy(seen)
        size = replace(shared if not shared.replicas else size, recheck_at=shared.recheck_at)
    return replace(size, replicas=None, solo=True)


def _always_on(seen: Situation) -> Size:
    if seen.standing.verbs.stopped:
        message = "stopped by hand: triggers are refused until it is started"
        return replace(_stopped(message), takes_runs=False)
    return _up(seen, "the runner is up by policy AlwaysOn")


def _idle_shutdown(seen: Situation) -> Size:
    minutes = seen.idle // timedelta(minutes=1)
    up = f"up until {minutes} minutes have passed without a run, by policy IdleShutdown"
    due = _idle_at(seen)
    if due > seen.now:
        # The time shown stays until it has come: runs that move it write nothing.
        shown = seen.shown if seen.shown and seen.now < seen.shown <= due else due
        return _up(seen, up, shown)
    if seen.live and not seen.demand.known:
        return _up(seen, up, seen.shown)
    if _is_stopped(seen):
        return _stopped("stopped by hand: the next trigger wakes it")
    message = f"no run for {minutes} minutes: the next trigger wakes it"
    return Size(replicas=0, reason="Idle", message=message, stopped="Idle")


def _idle_at(seen: Situation) -> datetime:
    if seen.demand.any:
        return seen.now + seen.idle
    return seen.now if _is_stopped(seen) else _last_activity(seen) + seen.idle


def _on_demand(seen: Situation) -> Size:
    up = "up until the runs at hand have ended, by policy OnDemand"
    if seen.demand.any:
        return _up(seen, up)
    if seen.live and not seen.demand.known:
        return _up(seen, up)
    if _is_stopped(seen):
        return _stopped("stopped by hand: the next trigger wakes it")
    due = _batch_end(seen)
    if due > seen.now:
        size = _up(seen, up)
        return replace(size, recheck_at=min(due, size.recheck_at or due))
    message = "there is nothing to do: the next trigger wakes it"
    return Size(replicas=0, reason="OnDemand", message=message, stopped="OnDemand")


def _batch_end(seen: Situation) -> datetime:
    """When nothing follows the last run any more, or what it was started for did not come."""
    demand, start = seen.demand, seen.standing.verbs.start
    times = [demand.last_end + LINGER] if demand.last_end else []
    if start is not None and not _came_after(demand.last_trigger, start):
        times.append(start + STARTED)
    return max(times, default=seen.now)


def _scheduled_window(seen: Situation) -> Size:
    window = seen.standing.window
    if window is None or cron.zone_problem(window.time_zone):
        return _up(seen, "the runner is up: it has no window that can be read")
    hours = admission.opening(window, seen.standing.verbs, seen.now)
    if hours.is_open or seen.demand.fresh:
        why = "its window is open"
        if not hours.is_open:
            why = "runs are finished that were taken while its window was open"
        elif hours.by_verb:
            why = "started by hand outside its window"
        return _up(seen, f"the runner is up: {why}", hours.until)
    words = "stopped by hand" if hours.by_verb else "outside its window"
    return Size(
        replicas=0,
        reason="Stopped" if hours.by_verb else "OutsideWindow",
        message=f"{words}; {admission.opens(hours, window)}",
        stopped="Manual" if hours.by_verb else "OutsideWindow",
        transition=hours.until,
        recheck_at=hours.until,
    )


POLICIES: dict[LifecyclePolicy, Callable[[Situation], Size]] = {
    "AlwaysOn": _always_on,
    "IdleShutdown": _idle_shutdown,
    "OnDemand": _on_demand,
    "ScheduledWindow": _scheduled_window,
}


def _up(seen: Situation, message: str, transition: datetime | None = None) -> Size:
    load = seen.demand.load
    keep = scaling.wanted(seen.bounds, load, seen.live)
    times = [time for time in (transition, load.falls_at) if time is not None]
    return Size(
        replicas=scaling.towards(keep, seen.live, load),
        keep=keep,
        reason=seen.standing.policy,
        message=message,
        transition=transition,
        recheck_at=min(times, default=None),
    )


def _stopped(message: str) -> Size:
    return Size(replicas=0, reason="Stopped", message=message, stopped="Manual")


def _is_stopped(seen: Situation) -> bool:
    """By hand, and not woken since, of which runs tell that need not be kept any more."""
    asked = seen.standing.verbs
    since = (seen.demand.last_trigger, seen.slept)
    return asked.stopped and not any(_came_after(one, asked.stop) for one in since)


def _came_after(trigger: datetime | None, verb: datetime | None) -> bool:
    return trigger is not None and verb is not None and trigger > verb


def _last_activity(seen: Situation) -> datetime:
    demand, start = seen.demand, seen.standing.verbs.start
    times = (seen.since, demand.last_trigger, demand.last_end, start)
    return max(one for one in times if one is not None)
