"""Cron expressions: which can be meant, and that each match of the wall clock comes once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

from sluice_core import cron

ROOT = Path(__file__).parents[3]
MEANT = {
    "every minute": "* * * * *",
    "on working days": "0 9 * * 1-5",
    "with names": "0 0 1 jan,jul sun",
    "in steps": "*/15 8-18 * * *",
    "on the day that leap years have": "0 0 29 2 *",
    "on the last day of the month": "0 0 L * *",
    "on the second Sunday": "0 0 * * sun#2",
}
WRONG = {
    "a minute that no hour has": "61 * * * *",
    "an hour that no day has": "0 24 * * *",
    "a word that is no day": "0 0 * * someday",
    "a step of nothing": "*/0 * * * *",
    "a day that never comes": "0 0 31 2 *",
    "a time that is another at each look": "R 3 * * *",
    "a time that depends on a name": "H 3 * * *",
}


@pytest.mark.parametrize("text", MEANT.values(), ids=MEANT)
def test_what_has_times_is_right(text: str) -> None:
    assert cron.problem(text) == ""


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_has_none_is_told(text: str) -> None:
    assert cron.problem(text)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Salta"])
def test_a_zone_of_the_database_is_known(name: str) -> None:
    assert cron.zone_problem(name) == ""


@pytest.mark.parametrize("name", ["Mars/Olympus", "Europe", "X"])
def test_another_is_not(name: str) -> None:
    assert cron.zone_problem(name)


# -- by example


def times(text: str, zone: str, after: str, count: int) -> list[str]:
    """In local time with its offset."""
    here, found = ZoneInfo(zone), []
    time = datetime.fromisoformat(after)
    for _ in range(count):
        following = cron.following(text, here, time)
        assert following is not None
        time = following
        found.append(time.astimezone(here).strftime("%d %H:%M %Z"))
    return found


def test_in_spring_a_time_that_does_not_exist_comes_at_the_end_of_the_gap() -> None:
    found = times("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3)

    assert found == ["28 02:30 CET", "29 03:00 CEST", "30 02:30 CEST"]


def test_several_that_do_not_exist_come_together() -> None:
    found = times("*/20 1-3 * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", 3)

    assert found == ["29 01:40 CET", "29 03:00 CEST", "29 03:20 CEST"]


def test_in_autumn_a_time_comes_once_and_that_is_the_first() -> None:
    found = times("30 2 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 2)

    assert found == ["25 02:30 CEST", "26 02:30 CET"]


def test_the_second_time_round_nothing_comes() -> None:
    found = times("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:15:00Z", 2)

    assert found == ["25 02:30 CEST", "25 03:00 CET"]


def test_what_never_comes_has_no_following_time() -> None:
    assert cron.following("0 0 31 2 *", ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=UTC)) is None


# -- against the clock itself, minute by minute, in every zone that has a transition

CRONS = ("*/20 * * * *", "30 1,2 * * *", "0 0-4 * * 0,6", "59 23 31 * 1")
MINUTE, AROUND = timedelta(minutes=1), timedelta(hours=3)
YEARS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC))
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def matches(text: str, wall: datetime) -> bool:
    """Slow and obvious."""
    minutes, hours, days, months, weekdays = _sets(text)
    there = (wall.minute in minutes, wall.hour in hours, wall.month in months)
    day, weekday = wall.day in days, wall.isoweekday() % 7 in weekdays
    either = text.split()[2] != "*" and text.split()[4] != "*"
    return all(there) and (day or weekday if either else day and weekday)


@cache
def _sets(text: str) -> list[set[int]]:
    return [_set(part, *most) for part, most in zip(text.split(), FIELDS, strict=True)]


def _set(part: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for one in part.split(","):
        first, last, step = re.fullmatch(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?", one).groups()  # type: ignore[union-attr]
        begin, end = (low, high) if first == "*" else (int(first), int(last or first))
        found |= set(range(begin, end + 1, int(step or 1)))
    return found


def transitions(zone: ZoneInfo) -> list[datetime]:
    """The first whole minute of each new offset."""
    found, (time, end) = [], YEARS
    step = timedelta(days=7)
    while time < end:
        if offset(zone, time) != offset(zone, time + step):
            found.append(_bisected(zone, time, time + step))
        time += step
    return found


def _bisected(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    old = offset(zone, low)
    while high - low > MINUTE:
        middle = low + (high - low) // 2 // MINUTE * MINUTE
        if offset(zone, middle) == old:
            low = middle
        else:
            high = middle
    return high


def offset(zone: ZoneInfo, time: datetime) -> timedelta:
    found = time.astimezone(zone).utcoffset()
    assert found is not None
    return found


def expected(text: str, zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    """Wind the wall clock: what it skips comes where it lands, what it repeats not again."""
    shown = begin.astimezone(zone).replace(tzinfo=None)
    furthest, found, time = shown, [], begin
    while (time := time + MINUTE) <= end:
        shown = time.astimezone(zone).replace(tzinfo=None)
        passed = []
        while furthest < shown:
            furthest += MINUTE
            passed.append(furthest)
        if any(matches(text, wall) for wall in passed):
            found.append(time)
    return found


def samples() -> Iterator[tuple[str, datetime]]:
    """One leap forward and one back for each zone, but once for zones that agree about them."""
    seen = set()
    for name in sorted(available_timezones()):
        zone, kinds = ZoneInfo(name), set()
        for time in transitions(zone):
            before, after = offset(zone, time - MINUTE), offset(zone, time)
            forward = after > before
            if forward not in kinds and (time, before, after) not in seen:
                seen.add((time, before, after))
                yield name, time
            kinds.add(forward)


def test_each_match_of_every_zones_clock_comes_once() -> None:
    found = list(samples())
    wrong = []
    for number, (name, time) in enumerate(found):
        zone, text = ZoneInfo(name), CRONS[number % len(CRONS)]
        begin, end = time - AROUND, time + AROUND
        made, at = [], begin
        while (following := cron.following(text, zone, at)) is not None and following <= end:
            made.append(at := following)
        if made != expected(text, zone, begin, end):
            wrong.append((name, time, text))

    assert len(found) > 40
    assert wrong == []


@pytest.mark.parametrize("image", ["operator", "gateway"])
def test_the_images_which_have_no_zones_of_their_own_bring_them(image: str) -> None:
    pinned = (ROOT / "requirements" / f"{image}.txt").read_text()

    assert re.search(r"^tzdata==", pinned, re.MULTILINE)
