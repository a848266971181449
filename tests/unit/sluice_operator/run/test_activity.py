"""When a run was asked for, of which the API server tells no fraction of the second."""

from datetime import datetime, timedelta

import pytest

from sluice_operator.run.activity import asked_at
from testkit.dispatching import NOON

SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
LAST = NOON + SECOND - timedelta(microseconds=1)

CASES: dict[str, tuple[datetime | None, datetime]] = {
    "a runner took it in the same second: by then": (
        NOON + 150 * MILLISECOND,
        NOON + 150 * MILLISECOND,
    ),
    "it waited for one: at the end of that second": (NOON + 90 * SECOND, LAST),
    "no runner says when": (None, LAST),
    "the clock of the runner is behind": (NOON - 5 * SECOND, NOON),
}


@pytest.mark.parametrize(("started", "asked"), CASES.values(), ids=CASES)
def test_it_is_the_latest_that_it_can_have_been(started: datetime | None, asked: datetime) -> None:
    assert asked_at(NOON, started) == asked
