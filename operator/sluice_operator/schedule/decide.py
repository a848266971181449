"""Decide which runs the schedules of a workflow set off. Reads no clock, calls no API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sluice_core import conditions, names
from sluice_core.api.triggers import Schedule
from sluice_core.schedule import Timetable
from sluice_operator import triggered
from sluice_operator.schedule.observed import Seen, Times
from sluice_operator.triggered import Owner

_SECOND = timedelta(seconds=1)
_CLOCK_SET = timedelta(minutes=1)  # back by more: what was done then may be to be done again


@dataclass(frozen=True)
class Fire:
    """A run that is to be made: of a trigger, for one of its times, at that moment."""

    trigger: str
    time: datetime
    begins: datetime
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """`times` hold once the runs are made; at `wake` there is something to do again."""

    fires: tuple[Fire, ...]
    times: Mapping[str, Times]
    wake: datetime | None = None


def decide(seen: Seen, before: Mapping[str, Times], now: datetime) -> Decision:
    """`before` is how far the triggers were. In order of the times that runs are to begin at."""
    if seen.mode == "Holds":
        return Decision((), {name: before.get(name, Times()) for name in seen.schedules})
    fires: list[Fire] = []
    times: dict[str, Times] = {}
    wakes: list[datetime] = []
    for name, schedule in seen.schedules.items():
        known = before.get(name, Times())
        if seen.mode == "Off" or name in seen.disabled:
            times[name] = Times(known.last)
            continue
        table = Timetable(schedule, f"{seen.uid}\x00{name}")
        due = table.due(_done(table, known, seen.since, now), now)
        fires += [_fire(name, schedule, table, time) for time in due.times]
        following = table.following(due.through)
        times[name] = Times(due.times[-1] if due.times else known.last, following)
        wakes += [table.begins(following)] if following else []
    return Decision(
        tuple(sorted(fires, key=lambda one: one.begins)), times, min(wakes, default=None)
    )


def _done(table: Timetable, known: Times, since: datetime | None, now: datetime) -> datetime:
    """Until when all times are done with.

    A next time that is none of the schedule's is of another one, which was there before: then
    nothing that is past counts. The same for a trigger that has none yet.
    """
    if known.next is None:
        return since or now
    before = known.next - _SECOND
    through = now
    if before < now and table.following(before) == known.next:
        through = before
    if known.last is not None and known.last - now < _CLOCK_SET:
        through = max(through, known.last)
    return through


def _fire(name: str, schedule: Schedule, table: Timetable, time: datetime) -> Fire:
    return Fire(name, time, table.begins(time), schedule.inputs)


def status(decided: Mapping[str, Times], *, fires: bool) -> dict[str, Any]:
    """How far the triggers are, as `status` of the workflow shows it."""
    entries = [
        {"name": name}
        | ({"lastTime": conditions.seconds(one.last)} if one.last else {})
        | ({"nextTime": conditions.seconds(one.next)} if one.next else {})
        for name, one in decided.items()
        if one != Times()
    ]
    made: dict[str, Any] = {"triggers": entries} if entries else {}
    following = min((one.next for one in decided.values() if one.next), default=None)
    if following and fires:
        made["nextRunTime"] = conditions.seconds(following)
    return made


def make_run(seen: Seen, fire: Fire) -> dict[str, Any]:
    """The one run of that time."""
    time = conditions.seconds(fire.time)
    name = names.keyed_run(seen.name, seen.uid, "Schedule", fire.trigger, time)
    spec = {
        "trigger": {"type": "Schedule", "name": fire.trigger, "time": time},
        "inputs": dict(fire.inputs),
    }
    return triggered.make_run(Owner(seen.namespace, seen.name, seen.uid), name, spec)
