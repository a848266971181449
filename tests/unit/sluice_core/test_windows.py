"""Open hours: what the clock on the wall shows, in every zone and on every day of the year."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import windows
from sluice_core.api.lifecycle import Window
from sluice_core.windows import Period

ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)


def a_window(
    *hours: tuple[str, str], zone: str = "UTC", days: tuple[int, ...] = ALL_DAYS
) -> Window:
    made = [{"days": days, "startTime": start, "endTime": end} for start, end in hours]
    return Window.model_validate({"timeZone": zone, "windows": made})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = a_window(("09:00", "17:00"), zone="America/New_York", days=(1, 2, 3, 4, 5))
NIGHT = a_window(("22:00", "02:00"), zone="Europe/Berlin", days=(5,))
BERLIN = "Europe/Berlin"

CASES: dict[str, tuple[Window, str, tuple[bool, str | None, str | None]]] = {
    "within office hours": (
        OFFICE, "2026-01-30T15:00", (True, "2026-01-30T14:00", "2026-01-30T22:00"),
    ),
    "the end is not within": (
        OFFICE, "2026-01-30T22:00", (False, "2026-01-30T22:00", "2026-02-02T14:00"),
    ),
    "past midnight it belongs to the day before": (
        NIGHT, "2026-01-31T00:30", (True, "2026-01-30T21:00", "2026-01-31T01:00"),
    ),
    "the evening of another day": (
        NIGHT, "2026-01-31T22:30", (False, "2026-01-31T01:00", "2026-02-06T21:00"),
    ),
    "hours that touch are one": (
        a_window(("08:00", "12:00"), ("12:00", "18:00")), "2026-01-31T09:00",
        (True, "2026-01-31T08:00", "2026-01-31T18:00"),
    ),
    "hours that overlap are one": (
        a_window(("08:00", "13:00"), ("12:00", "18:00")), "2026-01-31T17:00",
        (True, "2026-01-31T08:00", "2026-01-31T18:00"),
    ),
    "always": (a_window(("00:00", "00:00")), "2026-01-31T09:00", (True, None, None)),
    "spring: hours that begin in the gap begin at its end": (
        a_window(("02:30", "04:00"), zone=BERLIN), "2026-03-29T01:00",
        (True, "2026-03-29T01:00", "2026-03-29T02:00"),
    ),
    "spring: hours within the gap do not come": (
        a_window(("02:10", "02:50"), zone=BERLIN), "2026-03-29T01:00",
        (False, "2026-03-28T01:50", "2026-03-30T00:10"),
    ),
    "spring: a week later, where the gap was their only day": (
        a_window(("02:10", "02:50"), zone=BERLIN, days=(0,)), "2026-03-29T01:00",
        (False, "2026-03-22T01:50", "2026-04-05T00:10"),
    ),
    "autumn: hours that come twice are open twice": (
        a_window(("02:10", "02:50"), zone=BERLIN), "2026-10-25T00:20",
        (True, "2026-10-25T00:10", "2026-10-25T00:50"),
    ),
    "autumn: the second time": (
        a_window(("02:10", "02:50"), zone=BERLIN), "2026-10-25T01:20",
        (True, "2026-10-25T01:10", "2026-10-25T01:50"),
    ),
    "autumn: hours over the change are an hour longer": (
        a_window(("01:00", "04:00"), zone=BERLIN), "2026-10-25T00:30",
        (True, "2026-10-24T23:00", "2026-10-25T03:00"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("window", "at", "wanted"), CASES.values(), ids=CASES)
def test_period(window: Window, at: str, wanted: tuple[bool, Any, Any]) -> None:
    found = windows.period(window, utc(at))

    since, until = (utc(one) if one else None for one in wanted[1:])
    assert found == Period(wanted[0], since, until)


def _zones() -> dict[str, list[datetime]]:
    """Zones whose clocks are set within 2026, and when."""
    found = {}
    for name in sorted(available_timezones()):
        zone, day = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
        days = [day + timedelta(days=n) for n in range(366)]
        changes = [
            a for a, b in pairwise(days)
            if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()
        ]  # fmt: skip
        if changes:
            found[name] = changes
    return found


ZONES = _zones()
QUARTER = timedelta(minutes=15)  # clocks are set at quarters of an hour, in UTC too
STEPS = 2 * 96  # two days
night = st.builds("{:02}:{:02}".format, st.integers(0, 4), st.sampled_from((0, 15, 30, 45)))
any_time = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[Window, datetime]:
    zone = draw(st.sampled_from(sorted(ZONES)))
    near = draw(st.sampled_from(ZONES[zone]))
    times = st.tuples(night | any_time, night | any_time)
    hours = draw(st.lists(times, min_size=1, max_size=3))
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    return a_window(*hours, zone=zone, days=tuple(days)), near + draw(st.integers(0, 192)) * QUARTER


@given(around_a_change())
def test_a_period_is_what_a_look_at_the_wall_every_quarter_of_an_hour_shows(
    drawn: tuple[Window, datetime],
) -> None:
    window, at = drawn
    now_open = windows.is_open(window, at)

    found = windows.period(window, at)

    ahead = (at + n * QUARTER for n in range(1, STEPS))
    behind = (at - n * QUARTER for n in range(STEPS))
    until = next((t for t in ahead if windows.is_open(window, t) != now_open), None)
    since = next((t for t in behind if windows.is_open(window, t - QUARTER) != now_open), None)
    assert found.is_open == now_open
    assert found.until == until or (until is None and _is_beyond(found.until, at))
    assert found.since == since or (since is None and _is_beyond(found.since, at))


def _is_beyond(time: datetime | None, at: datetime) -> bool:
    return time is None or abs(time - at) >= (STEPS - 1) * QUARTER


OVERLAPS: dict[str, tuple[Window, tuple[int, int] | None]] = {
    "hours that touch": (a_window(("08:00", "12:00"), ("12:00", "18:00")), None),
    "hours that share a minute": (a_window(("08:00", "12:01"), ("12:00", "18:00")), (0, 1)),
    "the same hours of other days": (
        Window.model_validate(
            {
                "windows": [
                    {"days": [day], "startTime": "08:00", "endTime": "12:00"} for day in (1, 2)
                ]
            }
        ),
        None,
    ),
    "a night that goes on into a morning": (
        a_window(("22:00", "02:00"), ("01:00", "05:00")),
        (0, 1),
    ),
    "a Saturday's night and a Sunday's morning": (
        Window.model_validate(
            {
                "windows": [
                    {"days": [6], "startTime": "23:00", "endTime": "01:00"},
                    {"days": [0], "startTime": "00:30", "endTime": "02:00"},
                ]
            }
        ),
        (0, 1),
    ),
    "every hour of every day": (a_window(("00:00", "00:00")), None),
}


@pytest.mark.parametrize(("window", "both"), OVERLAPS.values(), ids=OVERLAPS)
def test_hours_that_overlap_are_found(window: Window, both: tuple[int, int] | None) -> None:
    assert windows.overlap(window) == both
