"""Which times of a schedule set runs off, missed ones too, and where a wrong one is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import validation
from sluice_core.api.triggers import Schedule
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.schedule import Timetable

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOURLY = "0 * * * *"


def timetable(key: str = "k", **fields: Any) -> Timetable:
    if "crons" not in fields:
        fields.setdefault("cron", HOURLY)
    return Timetable(Schedule.model_validate(fields), key)


def clock(times: tuple[datetime, ...]) -> list[str]:
    return [one.strftime("%H:%M") for one in times]


# the schedule, done up to, now, what sets runs off
DUE: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "a time that has come": ({}, "11:59", "12:00", ["12:00"]),
    "none before": ({}, "12:00", "12:59", []),
    "the last of three missed": ({}, "09:30", "12:10", ["12:00"]),
    "all missed": ({"catchUp": "All"}, "09:30", "12:10", ["10:00", "11:00", "12:00"]),
    "the newest of all missed, bounded": (
        {"catchUp": "All", "maxCatchUp": 2},
        "01:30",
        "12:10",
        ["11:00", "12:00"],
    ),
    "none missed": ({"catchUp": "None"}, "09:30", "12:10", []),
    "one that is late, though none missed": ({"catchUp": "None"}, "09:30", "12:01", ["12:00"]),
    "none after its deadline": ({"startingDeadlineSeconds": 300}, "09:30", "12:10", []),
    "one before its deadline": ({"startingDeadlineSeconds": 700}, "09:30", "12:10", ["12:00"]),
    "those before their deadline": (
        {"catchUp": "All", "startingDeadlineSeconds": 4500},
        "09:30",
        "12:10",
        ["11:00", "12:00"],
    ),
    "one time of two expressions": ({"crons": [HOURLY, "0 12 * * *"]}, "11:30", "12:00", ["12:00"]),
    "times of two expressions": (
        {"crons": ["5 * * * *", "10 * * * *"], "catchUp": "All"},
        "11:30",
        "12:30",
        ["12:05", "12:10"],
    ),
    "the time of its zone": (
        {"cron": "30 17 * * *", "timeZone": "Asia/Kolkata"},
        "11:59",
        "12:01",
        ["12:00"],
    ),
}


@pytest.mark.parametrize(("fields", "after", "now", "wanted"), DUE.values(), ids=DUE)
def test_what_sets_runs_off(
    fields: dict[str, Any], after: str, now: str, wanted: list[str]
) -> None:
    due = timetable(**fields).due(at(after), at(now))

    assert clock(due.times) == wanted


@pytest.mark.parametrize("catch_up", ["None", "Last", "All"])
def test_what_was_missed_is_done_with_whether_made_up_for_or_not(catch_up: str) -> None:
    due = timetable(catchUp=catch_up).due(at("09:30"), at("12:10"))

    assert due.through == at("12:00")


def test_after_years_only_the_newest_are_looked_at() -> None:
    minutely = timetable(cron="* * * * *", catchUp="All", maxCatchUp=100)

    due = minutely.due(NOON - timedelta(days=3000), NOON)

    assert (len(due.times), due.times[-1]) == (100, NOON)


def test_a_rare_time_is_found_however_far_back() -> None:
    rare = timetable(cron="0 0 29 2 *")

    due = rare.due(datetime(2023, 1, 1, tzinfo=UTC), NOON)

    assert due.times == (datetime(2024, 2, 29, tzinfo=UTC),)


# -- jitter


def test_a_run_begins_late_by_less_than_the_jitter_and_always_by_the_same() -> None:
    spread = [timetable(f"flow-{n}", jitterSeconds=600).begins(NOON) - NOON for n in range(50)]

    again = [timetable(f"flow-{n}", jitterSeconds=600).begins(NOON) - NOON for n in range(50)]

    assert spread == again
    assert all(timedelta(0) <= one < timedelta(seconds=600) for one in spread)
    assert max(spread) - min(spread) > timedelta(seconds=300)


@given(st.integers(0, 3600), st.text(max_size=3))
def test_no_jitter_changes_the_order_of_times(seconds: int, key: str) -> None:
    minutely = timetable(key, cron="* * * * *", jitterSeconds=seconds)

    begun = [minutely.begins(NOON + timedelta(minutes=n)) for n in range(4)]

    assert begun == sorted(begun)


def test_a_time_is_due_when_its_run_is_to_begin() -> None:
    jittered = timetable(jitterSeconds=1800)
    begins = jittered.begins(NOON)

    before = jittered.due(at("11:30"), begins - timedelta(seconds=1))
    then = jittered.due(at("11:30"), begins)

    assert (before.times, before.through) == ((), at("11:30"))
    assert (then.times, then.through) == ((NOON,), NOON)


# -- exactly once, however often and when it is asked


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=30),
    st.sampled_from(["* * * * *", "*/7 * * * *", HOURLY]),
    st.integers(0, 300),
)
def test_looked_at_at_any_times_each_time_comes_once(
    pauses: list[int], text: str, jitter: int
) -> None:
    table = timetable(cron=text, catchUp="All", maxCatchUp=100, jitterSeconds=jitter)
    after = now = NOON
    made: list[datetime] = []

    for pause in pauses:
        now += timedelta(seconds=pause)
        due = table.due(after, now)
        made += due.times
        after = due.through

    wanted, time = [], table.following(NOON)
    while time is not None and table.begins(time) <= now:
        wanted.append(time)
        time = table.following(time)
    assert made == wanted


# -- where a wrong one is told


def found(**schedule: Any) -> list[tuple[str, str]]:
    given_ = {
        "steps": [{"name": "a", "action": "log", "with": {"message": "x"}}],
        "triggers": [
            {"name": "hourly", "schedule": {"cron": HOURLY}},
            {"name": "nightly", "schedule": schedule},
        ],
    }
    errors = validation.check(WorkflowSpec.model_validate(given_)).errors
    return [(one.type, one.path) for one in errors]


def test_a_wrong_expression_is_named_by_its_place() -> None:
    errors = found(crons=["0 9 * * *", "61 * * * *"])

    assert errors == [("InvalidValue", "triggers[1].schedule.crons[1]")]


def test_so_is_an_unknown_zone() -> None:
    errors = found(cron=HOURLY, timeZone="Mars/Olympus")

    assert errors == [("InvalidValue", "triggers[1].schedule.timeZone")]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-31T{text}:00Z")
