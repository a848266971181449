"""The load of the last minute: what it was at its highest, and when that is a minute ago."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluice_operator.workflow.scaling import STABLE, Load, Peak
from testkit.seen import NOON

SECOND = timedelta(seconds=1)


def test_it_rises_at_once_and_falls_a_minute_after_it_fell() -> None:
    peak = Peak()

    seen = [peak.note(runs, NOON + at * SECOND) for runs, at in ((1, 0), (9, 5), (2, 10), (2, 71))]

    assert [load.runs for load in seen] == [1, 9, 9, 2]
    assert seen[2].falls_at == NOON + 70 * SECOND
    assert seen[3].falls_at is None


def test_it_falls_step_by_step() -> None:
    peak = Peak()
    for runs, at in ((9, 0), (5, 10), (1, 20)):
        peak.note(runs, NOON + at * SECOND)

    seen = [peak.note(1, NOON + at * SECOND) for at in (69, 70, 80)]

    assert [load.runs for load in seen] == [9, 5, 1]
    assert seen[1] == Load(runs=5, falls_at=NOON + 80 * SECOND)


notes = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), min_size=1, max_size=40)


@given(notes)
def test_it_is_the_highest_value_that_held_within_the_last_minute(
    drawn: list[tuple[int, int]],
) -> None:
    peak, at, held = Peak(), NOON, []

    for pause, runs in drawn:
        at += pause * SECOND
        load = peak.note(runs, at)
        held = [(value, since, at if until is None else until) for value, since, until in held]
        held.append((runs, at, None))

        assert load.runs == max(v for v, _, until in held if until is None or until + STABLE > at)
        assert load.falls_at is None or load.falls_at > at
