"""Which undecided runs of a workflow want its runner. Reads no clock, calls no API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sluice_core import admission
from sluice_core.admission import Standing
from sluice_operator.run.observed import Run


@dataclass(frozen=True)
class Wanting:
    """Runs that may go and have not begun, and those that have; none rests between attempts.

    `slots` is how many of them have a slot of a pod, or wait for nothing else. With `adopting`
    runners have yet to say which of them they hold.
    """

    fresh: int = 0
    begun: int = 0
    slots: int = 0
    adopting: bool = False


def wanting(runs: Iterable[Run], standing: Standing, now: datetime) -> Wanting:
    """One that a runner may hold has begun, until all runners have said what they hold."""
    fresh = begun = slots = 0
    adopting = False
    for run in runs:
        slots += _wants_slot(run, now)
        adopting = adopting or bool(run.blocked_by)
        if run.pod is not None or run.blocked_by:
            begun += 1
        elif rests(run, now) or run.ending:
            continue
        elif run.begun:
            begun += 1
        elif _may_go(run, standing, now):
            fresh += 1
    return Wanting(fresh, begun, slots, adopting)


def _wants_slot(run: Run, now: datetime) -> bool:
    if run.pod is not None:
        return not run.ending
    return run.admitted and not run.ending and not rests(run, now)


def rests(run: Run, now: datetime) -> bool:
    """Whether its next attempt is later."""
    return run.not_before is not None and not run.cancelled and run.not_before > now


def _may_go(run: Run, standing: Standing, now: datetime) -> bool:
    created = datetime.fromisoformat(run.created)
    verdict = admission.judge(standing, now, admission.kind(run.spec), created)
    return verdict == admission.ADMITTED
