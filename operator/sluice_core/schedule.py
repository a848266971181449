"""When a schedule sets runs off: at which times it is due, and which of the missed ones count."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from sluice_core import cron
from sluice_core.api.triggers import Schedule

ON_TIME_SECONDS = 60
"""A time that is further back was missed. Covers a change of leader, and many schedules at once."""

_WINDOW = timedelta(hours=1)
_FRACTIONS = 2**32


@dataclass(frozen=True)
class Due:
    """`times` set runs off now. All up to `through` are done with, made up for or not."""

    times: tuple[datetime, ...]
    through: datetime


@dataclass(frozen=True)
class Timetable:
    """The times of one schedule; `key` tells its jitter from that of others."""

    schedule: Schedule
    key: str

    def following(self, after: datetime) -> datetime | None:
        """The first time after that instant; None when there is none in years."""
        found = [cron.following(one, self._zone, after) for one in self.crons]
        return min((one for one in found if one is not None), default=None)

    def begins(self, time: datetime) -> datetime:
        """When the run of that time is to begin: before the next time, whatever the jitter."""
        longest = timedelta(seconds=self.schedule.jitter_seconds)
        if not longest:
            return time
        following = self.following(time)
        if following is not None:
            longest = min(longest, following - time)
        return time + longest * _fraction(f"{self.key}\x00{time.isoformat()}")

    def due(self, after: datetime, now: datetime) -> Due:
        """What is to be done about the times after `after`, of which none is done yet."""
        rule = self.schedule
        kept = {"None": 1, "Last": 1, "All": rule.max_catch_up}[rule.catch_up]
        newest = self._newest(kept + 1, after, now)
        begun = [time for time in newest if self.begins(time) <= now]
        if not begun:
            return Due((), after)
        late = timedelta(seconds=ON_TIME_SECONDS) if rule.catch_up == "None" else None
        limits = [late, _seconds(rule.starting_deadline_seconds)]
        times = begun[-kept:]
        for limit in limits:
            times = [one for one in times if limit is None or now - self.begins(one) <= limit]
        return Due(tuple(times), begun[-1])

    @property
    def crons(self) -> tuple[str, ...]:
        """One or several."""
        one = self.schedule.cron
        return (one,) if one else self.schedule.crons or ()

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.schedule.time_zone)

    def _newest(self, count: int, after: datetime, now: datetime) -> list[datetime]:
        """The last times until now. Looks back further and further, however long ago `after` is."""
        window = _WINDOW
        while True:
            start = max(after, now - window)
            found = list(self._between(start, now))
            if len(found) >= count or start == after:
                return found[-count:]
            window *= 4

    def _between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        time = self.following(after)
        while time is not None and time <= until:
            yield time
            time = self.following(time)


def _seconds(number: int | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)


def _fraction(text: str) -> float:
    """Of 0 to 1, the same for the same text everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / _FRACTIONS
