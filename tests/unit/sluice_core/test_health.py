"""Counts of ended runs: in which bucket, for how long, and what people are told of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluice_core import health
from sluice_core.api.workflow_status import Health
from sluice_core.health import Count, Outcome, fold, outcome, totals

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_run(at: datetime = NOON, phase: str = "Succeeded", **fields: Any) -> Outcome:
    return Outcome(uid="u", at=at, phase=phase, seconds=fields.pop("seconds", 1.5), **fields)


def test_what_a_final_status_says_is_taken() -> None:
    status = {
        "phase": "Failed",
        "completionTime": "2026-01-31T12:00:00.250Z",
        "durationMs": 1250,
        "conditions": [{"type": "Succeeded", "reason": "StepFailed", "message": "step a: no"}],
    }

    assert outcome("u", status) == Outcome(
        uid="u",
        at=NOON + timedelta(milliseconds=250),
        phase="Failed",
        seconds=1.25,
        error="step a: no",
    )


def test_runs_are_counted_in_the_hour_and_the_day_of_their_end() -> None:
    runs = [a_run(NOON - HOUR), a_run(NOON, "Failed"), a_run(NOON, "Cancelled")]

    made = fold(Health(), runs, NOON)

    counts = [(one.start.hour, one.total, one.failed, one.cancelled) for one in made.hours]
    assert counts == [(11, 1, 0, 0), (12, 2, 1, 1)]
    assert [(one.start.day, one.total, one.seconds) for one in made.days] == [(31, 3, 4.5)]


def test_what_is_older_than_its_buckets_falls_out() -> None:
    old = fold(Health(), [a_run(NOON - 31 * DAY), a_run(NOON - 24 * HOUR)], NOON - HOUR)

    made = fold(old, [a_run(NOON)], NOON)

    assert [one.start for one in made.hours] == [NOON]
    assert [one.total for one in made.days] == [1, 1]


def test_nothing_new_changes_nothing() -> None:
    before = fold(Health(), [a_run()], NOON)

    assert fold(before, [], NOON + DAY) == before


def test_the_last_error_stays_until_another_comes() -> None:
    failed = fold(Health(), [a_run(phase="Failed", error="one")], NOON)
    good = fold(failed, [a_run(NOON + HOUR)], NOON + HOUR)
    again = fold(good, [a_run(NOON + DAY, "Failed", error="two")], NOON + DAY)

    assert (good.last_error, good.last_run_time) == ("one", NOON + HOUR)
    assert again.last_error == "two"


def test_people_are_told_of_three_spans() -> None:
    runs = [
        a_run(NOON, seconds=1),
        a_run(NOON - 2 * DAY, "Failed", seconds=2),
        a_run(NOON - 20 * DAY, seconds=3),
        a_run(NOON - 20 * DAY, "Cancelled", seconds=0),
    ]

    told = totals(fold(Health(), runs, NOON), NOON)

    assert told.day == Count(1, 1, 0)
    assert told.week == Count(2, 1, 1)
    assert told.month == Count(4, 2, 1)
    assert (told.success_rate_percent, told.average_duration_ms) == (66.67, 1500)
    assert told.last_run == NOON


def test_without_a_run_there_is_no_rate() -> None:
    told = totals(Health(), NOON)

    assert (told.month, told.success_rate_percent, told.average_duration_ms) == (
        Count(),
        None,
        None,
    )


def test_numbers_age_without_a_write() -> None:
    made = fold(Health(), [a_run()], NOON)

    later = totals(made, NOON + 2 * DAY)

    assert (later.day.total, later.week.total) == (0, 1)


@given(st.lists(st.tuples(st.integers(0, 40 * 24 * 60), st.booleans()), max_size=40))
def test_in_whatever_parts_they_come_all_within_the_span_are_counted(
    ended: list[tuple[int, bool]],
) -> None:
    made = Health()
    runs = [
        a_run(NOON + timedelta(minutes=minute), "Succeeded" if good else "Failed")
        for minute, good in sorted(ended)
    ]
    for run in runs:
        made = fold(made, [run], run.at)

    now = NOON + 40 * DAY
    told = totals(made, now)
    since = datetime(now.year, now.month, now.day, tzinfo=UTC) - 29 * DAY
    assert told.month.total == sum(run.at >= since for run in runs)
    assert made == fold(Health(), runs, runs[-1].at) if runs else made == Health()


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=20))
def test_what_is_stored_is_read_as_it_was(minutes: list[int]) -> None:
    runs = [a_run(NOON + timedelta(minutes=one, milliseconds=one)) for one in minutes]
    made = fold(Health(), runs, NOON + timedelta(minutes=3001, microseconds=7))

    stored = health.status(made)

    assert health.status(Health.model_validate(stored)) == stored
    assert Health.model_validate(stored) == made
