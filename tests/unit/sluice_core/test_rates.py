"""How much of a plan's rates is used up, and for how long."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluice_core import rates
from sluice_core.api.plan import PlanSpec
from sluice_core.rates import Taken

NOON = datetime(2026, 1, 31, 12, 0, 20, tzinfo=UTC)
LIMITS = rates.of_runs(PlanSpec(runs_per_minute=3, runs_per_day=5))
NOTHING: Mapping[str, str] = {}


def test_what_a_plan_does_not_say_is_no_limit() -> None:
    assert rates.of_runs(None) == rates.of_runs(PlanSpec()) == ()
    assert [one.field for one in rates.of_sends(PlanSpec(emails_per_day=1), "Email")] == [
        "emailsPerDay"
    ]
    assert rates.of_sends(PlanSpec(emails_per_day=1), "Sms") == ()


def test_a_limit_of_none_at_all_lets_nothing_through() -> None:
    taken = rates.take({}, rates.of_runs(PlanSpec(runs_per_day=0)), 1, NOON)

    assert (taken.granted, taken.data) == (0, {})


def test_the_fourth_in_a_minute_meets_the_limit() -> None:
    data = rates.take(NOTHING, LIMITS, 3, NOON).data

    taken = rates.take(data, LIMITS, 1, NOON)

    assert taken.full is not None
    assert (taken.granted, taken.full.used, taken.full.seconds) == (0, 3, 40)
    assert str(taken.full) == (
        "runsPerMinute of the namespace's plan is 3, and 3 are used: the next minute begins in 40 s"
    )


def test_the_next_minute_has_room_until_the_day_is_full() -> None:
    data = rates.take(NOTHING, LIMITS, 3, NOON).data
    data = rates.take(data, LIMITS, 2, NOON + timedelta(minutes=1)).data

    taken = rates.take(data, LIMITS, 1, NOON + timedelta(minutes=2))
    tomorrow = rates.take(data, LIMITS, 1, NOON + timedelta(days=1))

    assert taken.full is not None
    assert (taken.full.limit.field, taken.full.seconds) == ("runsPerDay", 12 * 3600 - 140)
    assert tomorrow.granted == 1


def test_all_or_none_but_for_those_that_may_be_parted() -> None:
    whole = rates.take(NOTHING, LIMITS, 4, NOON)
    part = rates.take(NOTHING, LIMITS, 4, NOON, part=True)

    assert (whole.granted, whole.data) == (0, {})
    assert (part.granted, part.full is None) == (3, False)


def test_what_has_been_let_through_is_not_counted_again() -> None:
    taken, first = rates.take_ids(NOTHING, LIMITS, ["a", "b"], NOON)

    again, going = rates.take_ids(taken.data, LIMITS, ["b", "c", "d"], NOON)

    assert first == {"a", "b"}
    assert going == {"b", "c"}
    assert again.data["runs.minute"] == "2026-01-31T12:00Z 3"


def test_who_asks_twice_is_counted_once() -> None:
    first = rates.take_once(NOTHING, LIMITS, "x", 2, NOON)

    second = rates.take_once(first.data, LIMITS, "x", 2, NOON)

    assert (second.granted, second.data) == (2, first.data)


def test_what_did_not_happen_is_given_back() -> None:
    taken = rates.take(NOTHING, LIMITS, 3, NOON)

    data = rates.give_back(taken.data, LIMITS, 1, taken)

    assert rates.take(data, LIMITS, 1, NOON).granted == 1


def test_what_did_not_happen_is_not_given_back_to_a_later_minute() -> None:
    before = rates.take(NOTHING, LIMITS, 1, NOON)
    later = NOON + timedelta(minutes=1)
    data = rates.take(before.data, LIMITS, 3, later).data

    data = rates.give_back(data, LIMITS, 1, before)

    assert data["runs.minute"] == "2026-01-31T12:01Z 3"
    assert data["runs.day"] == "2026-01-31T00:00Z 3"


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 2), st.sampled_from([-9, 9])), max_size=30
    ),
)
def test_replicas_whose_clocks_differ_count_as_one(asked: list[tuple[int, int, int]]) -> None:
    midnight = NOON.replace(hour=0, minute=0, second=0)
    data, now = NOTHING, midnight - timedelta(seconds=12)
    granted: Counter[tuple[str, str]] = Counter()
    for wanted, pause, skew in asked:
        now += timedelta(seconds=pause)
        taken = rates.take(data, LIMITS, wanted, now + timedelta(seconds=skew), part=True)
        data = taken.data
        for counter in ("runs.minute", "runs.day"):
            if taken.granted:
                granted[counter, data[counter].partition(" ")[0]] += taken.granted

    most = {"runs.minute": 3, "runs.day": 5}
    assert all(number <= most[counter] for (counter, _), number in granted.items())


def test_a_clock_that_was_far_ahead_holds_up_nobody() -> None:
    data = rates.take(NOTHING, LIMITS, 3, NOON + timedelta(days=1)).data

    assert rates.take(data, LIMITS, 3, NOON).granted == 3


def test_counters_that_somebody_has_spoilt_begin_anew() -> None:
    long = f"2026-01-31T00:00Z {'9' * 5000}"
    spoilt = {"runs.minute": "many", "runs.day": long, "mine": "x"}

    taken = rates.take(spoilt, LIMITS, 1, NOON)

    assert taken.data["runs.minute"] == "2026-01-31T12:00Z 1"
    assert taken.data["mine"] == "x"


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 90), st.booleans()), max_size=40))
def test_no_minute_and_no_day_has_more_than_it_may(asked: list[tuple[int, int, bool]]) -> None:
    data, now = NOTHING, NOON
    minutes: dict[str, int] = {}
    days: dict[str, int] = {}
    for wanted, pause, part in asked:
        now += timedelta(seconds=pause)
        taken: Taken = rates.take(data, LIMITS, wanted, now, part)
        data = taken.data
        minutes[f"{now:%H:%M}"] = minutes.get(f"{now:%H:%M}", 0) + taken.granted
        days[f"{now:%d}"] = days.get(f"{now:%d}", 0) + taken.granted
        assert taken.granted == wanted or taken.full is not None

    assert max(minutes.values(), default=0) <= 3
    assert max(days.values(), default=0) <= 5
