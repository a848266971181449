"""What a run gets that nobody has begun: it may go, it waits, or it is refused.

One table for the gateway, which answers callers by it, and the operator, which ends runs by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sluice_core import cron, windows
from sluice_core.api.lifecycle import LifecyclePolicy, Window
from sluice_core.api.workflow import WorkflowState
from sluice_core.verbs import NOTHING_ASKED, Verbs

RunKind = Literal["Trigger", "Execute", "Test"]
Outcome = Literal["Admitted", "Waits", "Refused"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What of a workflow decides whether it takes a run."""

    name: str
    state: WorkflowState = "Active"
    replicas: int = 1
    policy: LifecyclePolicy = "IdleShutdown"
    window: Window | None = None
    verbs: Verbs = NOTHING_ASKED


@dataclass(frozen=True)
class Verdict:
    """The message says what to do next; `until` is when a run that waits may go."""

    outcome: Outcome
    reason: str = ""
    message: str = ""
    until: datetime | None = None


ADMITTED = Verdict("Admitted")


def kind(spec: Mapping[str, Any]) -> RunKind:
    """What a run's spec makes it: one with a definition of its own is executed in its place."""
    if spec.get("trigger", {}).get("type") == "Test":
        return "Test"
    return "Execute" if spec.get("definition") is not None else "Trigger"


def judge(
    seen: Standing, now: datetime, run: RunKind = "Trigger", created: datetime | None = None
) -> Verdict:
    """`created` is when the run was made: just now where that is not given."""
    return _of_state(seen, run) or _of_scale(seen) or _of_clock(seen, now, created or now)


def _of_state(seen: Standing, run: RunKind) -> Verdict | None:
    if seen.state == "Active" or (seen.state == "Draft" and run != "Trigger"):
        return None
    words = {
        "Draft": "is a draft, which takes test runs and those with a definition of their own",
        "Paused": "is paused",
        "Archived": "is archived",
    }
    message = f"workflow {seen.name} {words[seen.state]}: set spec.state to Active"
    return Verdict("Refused", seen.state, message)


def _of_scale(seen: Standing) -> Verdict | None:
    if seen.replicas == 0:
        way = f"kubectl scale workflow {seen.name} --replicas=1"
        message = f"workflow {seen.name} is suspended, spec.replicas is 0: {way}"
        return Verdict("Refused", "Suspended", message)
    if seen.state == "Active" and seen.policy == "AlwaysOn" and seen.verbs.stopped:
        message = f"workflow {seen.name} is stopped, and policy AlwaysOn wakes nothing: start it"
        return Verdict("Refused", "Stopped", message)
    return None


def _of_clock(seen: Standing, now: datetime, created: datetime) -> Verdict:
    window = seen.window
    if seen.policy != "ScheduledWindow" or seen.state != "Active" or window is None:
        return ADMITTED
    if cron.zone_problem(window.time_zone):
        return ADMITTED  # the workflow is not valid, and refuses runs for that
    hours = opening(window, seen.verbs, now)
    if hours.is_open:
        return ADMITTED
    if window.outside == "Reject" and opening(window, seen.verbs, created).is_open:
        return ADMITTED  # it was taken while the window was open
    if window.outside == "Reject":
        message = f"workflow {seen.name} takes no runs outside its window; {opens(hours, window)}"
        return Verdict("Refused", "Rejected", message, hours.until)
    message = f"outside the window of workflow {seen.name}; {opens(hours, window)}"
    return Verdict("Waits", "OutsideWindow", message, hours.until)


@dataclass(frozen=True)
class Hours:
    """Whether a window is open for runs, until when, and whether a verb says so, not the clock."""

    is_open: bool
    until: datetime | None
    by_verb: bool = False


def opening(window: Window, verbs: Verbs, now: datetime) -> Hours:
    """A verb holds for the period of the window in which it was given, and no longer."""
    here = windows.period(window, now)
    if here.is_open and verbs.stopped and _is_within(verbs.stop, here):
        after = windows.period(window, here.until).until if here.until else None
        return Hours(is_open=False, until=after, by_verb=True)
    if not here.is_open and verbs.started and _is_within(verbs.start, here):
        return Hours(is_open=True, until=here.until, by_verb=True)
    return Hours(here.is_open, here.until)


def _is_within(time: datetime | None, here: windows.Period) -> bool:
    return time is not None and (here.since is None or time >= here.since)


def opens(hours: Hours, window: Window) -> str:
    """When it opens, in the time of its zone."""
    if hours.until is None:
        return "start it"
    wall = hours.until.astimezone(ZoneInfo(window.time_zone))
    return f"it opens at {wall:%Y-%m-%d %H:%M} {window.time_zone}"
