"""Open hours: whether a clock on the wall of a zone shows a time in them, and when that changes.

That rule holds for the days on which clocks are set as for all others: hours that fall into the
gap of spring begin at its end, and hours that autumn brings twice are open twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sluice_core.api.lifecycle import OpenHours, Window

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_LOOK_DAYS = 15  # a week, and another if the only hours of the first fall into a gap


@dataclass(frozen=True)
class Period:
    """A time in which a window does not change; without a bound where it never does."""

    is_open: bool
    since: datetime | None
    until: datetime | None


def overlap(window: Window) -> tuple[int, int] | None:
    """The first two hours of a window, by their places, that share a time of the week."""
    taken: dict[int, int] = {}
    for index, hours in enumerate(window.windows):
        for minute in _minutes(hours):
            earlier = taken.setdefault(minute, index)
            if earlier != index:
                return earlier, index
    return None


def _minutes(hours: OpenHours) -> Iterator[int]:
    """Minutes since the beginning of Sunday, by the clock on the wall."""
    start, end = _minute(hours.start_time), _minute(hours.end_time)
    length = end - start if end > start else end - start + _DAY_MINUTES
    for day in hours.days:
        first = day * _DAY_MINUTES + start
        yield from (minute % _WEEK_MINUTES for minute in range(first, first + length))


def _minute(text: str) -> int:
    read = time.fromisoformat(text)
    return read.hour * 60 + read.minute


def is_open(window: Window, at: datetime) -> bool:
    """Whether the wall clock shows a time within the hours; the end is not within them."""
    wall = at.astimezone(ZoneInfo(window.time_zone))
    now, today = wall.time(), _weekday(wall.date())
    yesterday = (today - 1) % 7
    return any(
        _covers(hours, now, today=today in hours.days, yesterday=yesterday in hours.days)
        for hours in window.windows
    )


def _covers(hours: OpenHours, now: time, *, today: bool, yesterday: bool) -> bool:
    start, end = time.fromisoformat(hours.start_time), time.fromisoformat(hours.end_time)
    if start < end:
        return today and start <= now < end
    return (today and now >= start) or (yesterday and now < end)


def _weekday(day: date) -> int:
    """0 is Sunday."""
    return day.isoweekday() % 7


@lru_cache(maxsize=1024)
def _at_minute(window: Window, minute: datetime) -> Period:
    now_open = is_open(window, minute)
    return Period(
        now_open,
        since=next((t for t in _before(window, minute) if _changes(window, t)), None),
        until=next((t for t in _after(window, minute) if is_open(window, t) != now_open), None),
    )


def period(window: Window, at: datetime) -> Period:
    """What goes on at that time, and from when to when."""
    found = _at_minute(window, at.astimezone(UTC).replace(second=0, microsecond=0))
    return found if found.until is None or at < found.until else _at_minute(window, found.until)


def _changes(window: Window, at: datetime) -> bool:
    return is_open(window, at) != is_open(window, at - _SECOND)


def _after(window: Window, at: datetime) -> Iterator[datetime]:
    today = at.astimezone(ZoneInfo(window.time_zone)).date()
    for days in range(-1, _LOOK_DAYS):
        yield from (t for t in _candidates(window, today + days * _DAY) if t > at)


def _before(window: Window, at: datetime) -> Iterator[datetime]:
    today = at.astimezone(ZoneInfo(window.time_zone)).date()
    for days in range(1, -_LOOK_DAYS, -1):
        yield from (t for t in reversed(_candidates(window, today + days * _DAY)) if t <= at)


@lru_cache(maxsize=4096)
def _candidates(window: Window, day: date) -> list[datetime]:
    """The instants of a local day at which something may change, in order."""
    zone = ZoneInfo(window.time_zone)
    times = {t for hours in window.windows for t in (hours.start_time, hours.end_time)}
    found = {
        datetime.combine(day, time.fromisoformat(one), zone).replace(fold=fold).astimezone(UTC)
        for one in times
        for fold in (0, 1)
    }
    return sorted(found | set(_clock_changes(zone, day)))


def _clock_changes(zone: ZoneInfo, day: date) -> Iterator[datetime]:
    """The instant of that day at which the zone's clocks are set, found by halving."""
    low = datetime.combine(day, time(), zone).astimezone(UTC)
    high = datetime.combine(day + _DAY, time(), zone).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    if before == high.astimezone(zone).utcoffset():
        return
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    yield high
