"""Which failures are sent again, and when a bucket lets go."""

import pytest

from sluice_kube import errors, retry
from sluice_kube.bucket import Bucket

POLICY = retry.Policy(attempts=3, within=10, first=1, longest=4)
BUSY = errors.TooManyRequests(429, "TooManyRequests", "")
BROKEN = errors.unreachable(OSError("reset"), sent=True)
REFUSED = errors.unreachable(OSError("refused"), sent=False)


def waiting(seconds: float) -> errors.TooManyRequests:
    error = errors.TooManyRequests(429, "TooManyRequests", "")
    error.retry_after = seconds
    return error


CASES: dict[str, tuple[errors.ApiError, int, float, bool, bool]] = {
    "too many requests: nothing was executed": (BUSY, 1, 0, False, True),
    "a lost answer to what may be repeated": (BROKEN, 1, 0, True, True),
    "a lost answer to what may not": (BROKEN, 1, 0, False, False),
    "never sent, so any verb": (REFUSED, 1, 0, False, True),
    "attempts are used up": (BUSY, 3, 0, True, False),
    "time is used up": (BUSY, 1, 9.9, True, False),
    "the server asks for more time than there is": (waiting(11), 1, 0, True, False),
    "a refusal stays one": (errors.Forbidden(403, "", ""), 1, 0, True, False),
    "too large stays so": (errors.TooLarge(500, "", ""), 1, 0, True, False),
}


@pytest.mark.parametrize(
    ("error", "attempt", "elapsed", "repeatable", "again"), CASES.values(), ids=CASES
)
def test_pause(
    error: errors.ApiError, attempt: int, elapsed: float, repeatable: bool, again: bool
) -> None:
    pause = retry.pause(error, POLICY, attempt, elapsed, repeatable=repeatable)

    assert (pause is not None) == again


def test_the_server_is_not_asked_before_it_wants_to_be() -> None:
    pause = retry.pause(waiting(7), POLICY, 1, 0, repeatable=True)

    assert pause == 7


@pytest.mark.parametrize(("attempt", "step"), [(1, 1), (2, 2), (3, 4), (4, 4), (10_000, 4)])
def test_backoff_doubles_up_to_the_longest(attempt: int, step: float) -> None:
    assert step / 2 <= retry.backoff(attempt, POLICY) <= step


def test_a_bucket_lends_and_lets_the_next_one_wait() -> None:
    now = [0.0]
    bucket = Bucket(rate=10, burst=20, clock=lambda: now[0])

    waits = [bucket.take(20), bucket.take(50), bucket.take(10)]
    now[0] = 8.0
    later = bucket.take(20)

    assert waits == [0, 5, 6]
    assert later == 0


def test_a_bucket_holds_no_more_than_its_burst() -> None:
    now = [0.0]
    bucket = Bucket(rate=10, burst=20, clock=lambda: now[0])

    now[0] = 1_000.0

    assert (bucket.take(20), bucket.take(10)) == (0, 1)
