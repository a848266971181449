"""The times of a cron expression: each match of the wall clock once, whatever the clock does.

A match that falls into a gap, as clocks go forward, comes at the end of the gap. In an overlap, as
they go back, it comes once, the first time.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError

_ANY_TIME = datetime(2024, 1, 1)  # noqa: DTZ001 - of a wall clock
_YEARS = 9  # 29 February comes every four years, but for 2096 to 2104
_CHANCE = re.compile(r"(^|[\s,])[rh]", re.IGNORECASE)  # croniter's own: another time at each look
_SECOND = timedelta(seconds=1)


def problem(cron: str) -> str:
    """What is wrong with an expression of five fields; empty when it has times."""
    if _CHANCE.search(cron):
        return "R and H are no times; use jitterSeconds to spread runs"
    try:
        _iterator(cron).get_next(datetime, start_time=_ANY_TIME)
    except CroniterBadDateError:
        return "there is no such day, so it would never come"
    except (CroniterError, ValueError, KeyError) as error:
        return str(error) or "it is not a cron expression"
    return ""


def zone_problem(name: str) -> str:
    """What is wrong with the name of a time zone; empty when it is known."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of zones is an OSError
        return "there is no such time zone"
    return ""


def following(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time after that instant, in UTC; None when there is none in years."""
    wall = after.astimezone(zone).replace(tzinfo=None)
    matches = _iterator(cron)
    matches.set_current(wall, force=True)
    try:
        while True:
            instant = _instant(matches.get_next(datetime), zone)
            if instant > after:  # in an overlap, matches ahead may be over
                return instant
    except CroniterBadDateError:
        return None


@lru_cache(maxsize=4096)
def _iterator(cron: str) -> croniter:
    """To parse costs four times as much as to step; whoever uses it says where it begins."""
    return croniter(cron, _ANY_TIME, max_years_between_matches=_YEARS)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the wall clock shows it for the first time, or first shows something later."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _end_of_gap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second of the new offset, which is in force `after` and not `before`."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
