"""How much of a plan's rates is used up: counters of a minute or a day, as texts that people read.

They are kept in one ConfigMap of the namespace, which operator and gateway change by compare and
swap: see sluice_kube.admission.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from sluice_core.api.plan import PlanSpec

Period = Literal["minute", "day"]
LENGTHS: Mapping[Period, timedelta] = {"minute": timedelta(minutes=1), "day": timedelta(days=1)}
REMEMBERED = 500  # ids of the last ones that were let through
AHEAD = timedelta(seconds=30)  # of no clock here is another one further ahead

_DIGITS = 18


@dataclass(frozen=True)
class Limit:
    """At most so many in each minute or day, UTC. `field` is what the plan calls it."""

    what: str
    period: Period
    most: int
    field: str

    @property
    def key(self) -> str:
        """Where it is counted."""
        return f"{self.what}.{self.period}"


@dataclass(frozen=True)
class Use:
    """How much of a limit is used, and for how many seconds that is counted."""

    limit: Limit
    used: int
    seconds: int

    @property
    def remaining(self) -> int:
        """How many may still go."""
        return max(0, self.limit.most - self.used)


@dataclass(frozen=True)
class Full(Use):
    """A limit that is used up, and for how long."""

    def __str__(self) -> str:
        limit = self.limit
        return (
            f"{limit.field} of the namespace's plan is {limit.most}, and {self.used} are used: "
            f"the next {limit.period} begins in {self.seconds} s"
        )


@dataclass(frozen=True)
class Taken:
    """The counters after it; `granted` of those that asked go, the others meet `full`.

    `tightest` is the limit that the next ones meet first.
    """

    data: Mapping[str, str]
    granted: int
    full: Full | None = None
    tightest: Use | None = None


def of_runs(plan: PlanSpec | None) -> tuple[Limit, ...]:
    """How many runs may begin; nothing where the plan does not say."""
    if plan is None:
        return ()
    return _limits(
        ("runs", "minute", plan.runs_per_minute, "runsPerMinute"),
        ("runs", "day", plan.runs_per_day, "runsPerDay"),
    )


def of_sends(plan: PlanSpec | None, kind: Literal["Email", "Sms"]) -> tuple[Limit, ...]:
    """How many messages may be sent; nothing where the plan does not say."""
    if plan is None:
        return ()
    if kind == "Email":
        return _limits(("emails", "day", plan.emails_per_day, "emailsPerDay"))
    return _limits(("sms", "day", plan.sms_per_day, "smsPerDay"))


def _limits(*rows: tuple[str, Period, int | None, str]) -> tuple[Limit, ...]:
    return tuple(
        Limit(w, period, most, field) for w, period, most, field in rows if most is not None
    )


def take(
    data: Mapping[str, str], limits: Sequence[Limit], wanted: int, now: datetime, part: bool = False
) -> Taken:
    """Count `wanted` more if all limits have room for them, or with `part` as many as there is."""
    counts = {one: _count(data, one, now) for one in limits}
    tightest = min(limits, key=lambda one: one.most - counts[one].used, default=None)
    if tightest is None:
        return Taken(data, wanted)
    room = max(0, tightest.most - counts[tightest].used)
    granted = wanted if room >= wanted else room if part else 0
    use = _use(tightest, counts[tightest].plus(granted), now)
    full = None if granted == wanted else Full(use.limit, use.used, use.seconds)
    counted = {one.key: str(counts[one].plus(granted)) for one in limits if granted}
    return Taken({**data, **counted}, granted, full, use)


def take_ids(
    data: Mapping[str, str], limits: Sequence[Limit], ids: Sequence[str], now: datetime
) -> tuple[Taken, frozenset[str]]:
    """The same for what has ids, in their order: those that were let through before go anyway.

    Only the last ones are remembered: what a leader had counted when it died and not yet begun.
    """
    key = f"{limits[0].what}.last" if limits else ""
    before = data.get(key, "").split()
    known = [one for one in ids if one in before]
    fresh = [one for one in ids if one not in before]
    taken = take(data, limits, len(fresh), now, part=True)
    going = fresh[: taken.granted]
    if going and key:
        kept = [*before, *going][-REMEMBERED:]
        taken = replace(taken, data={**taken.data, key: " ".join(kept)})
    return taken, frozenset([*known, *going])


def take_once(
    data: Mapping[str, str], limits: Sequence[Limit], id_: str, wanted: int, now: datetime
) -> Taken:
    """Count `wanted` for something that may ask again, all of it or nothing."""
    key = f"{limits[0].what}.last" if limits else ""
    before = data.get(key, "").split()
    if id_ in before:
        return Taken(data, wanted)
    taken = take(data, limits, wanted, now)
    if taken.granted and key:
        kept = " ".join([*before, id_][-REMEMBERED:])
        taken = replace(taken, data={**taken.data, key: kept})
    return taken


def give_back(
    data: Mapping[str, str], limits: Sequence[Limit], count: int, taken: Taken
) -> Mapping[str, str]:
    """What was counted did not happen; in a period that is over by now it no longer matters."""
    less = {}
    for one in limits:
        begin, _, used = data.get(one.key, "").partition(" ")
        if begin and begin == taken.data.get(one.key, "").partition(" ")[0]:
            less[one.key] = f"{begin} {max(0, _number(used) - count)}"
    return {**data, **less}


@dataclass(frozen=True)
class _Count:
    """How many there are in the minute or day that begins then."""

    begin: datetime
    used: int

    def plus(self, more: int) -> "_Count":
        return replace(self, used=self.used + more)

    def __str__(self) -> str:
        return f"{_stamp(self.begin)} {self.used}"


def _count(data: Mapping[str, str], limit: Limit, now: datetime) -> _Count:
    """Of the period at hand, or of the next one, where a clock that is ahead has begun it.

    What somebody has spoilt counts as nothing: the next write mends it.
    """
    begin, _, used = data.get(limit.key, "").partition(" ")
    own = _begin(limit, now)
    following = own + LENGTHS[limit.period]
    if begin == _stamp(following) and following - now <= AHEAD:
        return _Count(following, _number(used))
    return _Count(own, _number(used) if begin == _stamp(own) else 0)


def _begin(limit: Limit, now: datetime) -> datetime:
    time = now.astimezone(UTC).replace(second=0, microsecond=0)
    return time if limit.period == "minute" else time.replace(hour=0, minute=0)


def _stamp(begin: datetime) -> str:
    return f"{begin:%Y-%m-%dT%H:%MZ}"


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else 0


def _use(limit: Limit, count: _Count, now: datetime) -> Use:
    left = count.begin + LENGTHS[limit.period] - now
    return Use(limit, count.used, max(1, math.ceil(left.total_seconds())))
