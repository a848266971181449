"""Which ended runs may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core.api.workflow import History
from sluice_operator.run.observed import Name
from sluice_operator.run.retention import Bounds, Ended, surplus

NOW = 1_000_000.0
HOUR, DAY = 3600, 86400
BOUNDS = Bounds(minimum=600, keyed=HOUR)


def ended(name: str, age: float, *, failed: bool = False, keyed: bool = False) -> Ended:
    return Ended(name=Name("shop", name), uid=name, succeeded=not failed, at=NOW - age, keyed=keyed)


def history(good: int = 20, bad: int = 20, ttl: int = 7 * DAY) -> History:
    return History(successful_runs=good, failed_runs=bad, ttl_seconds_after_finished=ttl)


CASES: dict[str, tuple[list[Ended], History, list[str]]] = {
    "within the history: none": ([ended("a", HOUR), ended("b", HOUR)], history(good=2), []),
    "one too many: the oldest": ([ended("old", 2 * HOUR), ended("new", HOUR)], history(1), ["old"]),
    "successes and failures have places of their own": (
        [ended("a", HOUR), ended("b", HOUR, failed=True)], history(1, 1), [],
    ),
    "no history at all: all, the oldest first": (
        [ended("b", HOUR), ended("a", 2 * HOUR, failed=True)], history(0, 0), ["a", "b"],
    ),
    "too young to go": ([ended("a", 599)], history(0), []),
    "just old enough": ([ended("a", 600)], history(0), ["a"]),
    "with a key, and too young for that": ([ended("a", HOUR - 1, keyed=True)], history(0), []),
    "with a key, and old enough": ([ended("a", HOUR, keyed=True)], history(0), ["a"]),
    "older than its time to live": ([ended("a", DAY), ended("b", HOUR)], history(ttl=DAY), ["a"]),
    "younger than the minimum, older than its time": (
        [ended("a", HOUR - 1, keyed=True)], history(ttl=600), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("runs", "kept", "going"), CASES.values(), ids=CASES)
def test_surplus(runs: list[Ended], kept: History, going: list[str]) -> None:
    assert [one.uid for one in surplus(runs, kept, BOUNDS, NOW)] == going


AGES = st.lists(st.tuples(st.integers(0, 2 * DAY), st.booleans(), st.booleans()), max_size=40)


@given(AGES, st.integers(0, 5), st.integers(0, 5), st.integers(600, 2 * DAY))
def test_none_goes_too_early_and_none_stays_without_a_reason(
    ages: list[tuple[int, bool, bool]], good: int, bad: int, ttl: int
) -> None:
    runs = [
        ended(str(number), age, failed=failed, keyed=keyed)
        for number, (age, failed, keyed) in enumerate(ages)
    ]

    going = surplus(runs, history(good, bad, ttl), BOUNDS, NOW)

    assert [one.at for one in going] == sorted(one.at for one in going)
    assert all(NOW - one.at >= _least(one) for one in going)
    staying = [one for one in runs if one not in going]
    assert all(NOW - one.at < max(ttl, _least(one)) for one in staying)
    for succeeded, limit in ((True, good), (False, bad)):
        free = [
            one for one in staying if one.succeeded is succeeded and NOW - one.at >= _least(one)
        ]
        assert len(free) <= limit


def _least(one: Ended) -> float:
    return BOUNDS.keyed if one.keyed else BOUNDS.minimum
