from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import conditions

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EARLIER = "2026-01-31T11:00:00Z"
BEFORE = conditions.merged(
    [], [conditions.condition("Ready", True, "Up")], generation=1, now=NOON - timedelta(hours=1)
)

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "the same again": (conditions.condition("Ready", True, "Up"), EARLIER),
    "another reason and message": (conditions.condition("Ready", True, "Busy", "x"), EARLIER),
    "another status": (conditions.condition("Ready", False, "Down"), "2026-01-31T12:00:00Z"),
    "unknown from now on": (conditions.condition("Ready", None, "Lost"), "2026-01-31T12:00:00Z"),
    "one that was not there": (conditions.condition("Valid", True, "Ok"), "2026-01-31T12:00:00Z"),
}


@pytest.mark.parametrize(("wanted", "time"), CASES.values(), ids=CASES)
def test_the_transition_time_moves_only_with_the_status(wanted: dict[str, Any], time: str) -> None:
    [made] = conditions.merged(BEFORE, [wanted], generation=2, now=NOON)

    assert made == {**wanted, "observedGeneration": 2, "lastTransitionTime": time}


@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=20))
def test_over_any_history_the_time_is_that_of_the_last_change(
    history: list[bool | None],
) -> None:
    shown: list[dict[str, Any]] = []

    for minute, status in enumerate(history):
        wanted = [conditions.condition("Ready", status, "Any")]
        shown = conditions.merged(shown, wanted, generation=1, now=NOON + timedelta(minutes=minute))

    changes = [n for n, one in enumerate(history) if n == 0 or one != history[n - 1]]
    changed = NOON + timedelta(minutes=changes[-1])
    assert shown[0]["lastTransitionTime"] == conditions.seconds(changed)


def test_a_type_that_is_not_wanted_any_more_is_dropped() -> None:
    assert conditions.merged(BEFORE, [], generation=2, now=NOON) == []


def test_a_message_is_cut_to_what_the_crds_admit() -> None:
    made = conditions.condition("Ready", False, "Down", "x" * 5000)

    assert len(made["message"]) == conditions.MESSAGE_LIMIT


def test_times_are_in_utc() -> None:
    time = datetime(2026, 1, 31, 13, 30, tzinfo=timezone(timedelta(hours=1)))

    assert conditions.seconds(time) == "2026-01-31T12:30:00Z"


def test_find() -> None:
    assert conditions.find(BEFORE, "Ready") == BEFORE[0]
    assert conditions.find(BEFORE, "Valid") is None
