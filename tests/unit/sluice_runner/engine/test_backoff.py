from hypothesis import given
from hypothesis import strategies as st

from sluice_core.api.steps import StepRetry
from sluice_runner.engine import backoff

RETRY = StepRetry(limit=5, backoff_seconds=5, factor=2, max_backoff_seconds=30)


def longest(attempt: int) -> float:
    return backoff.seconds(RETRY, attempt, None, lambda: 1.0)


def test_the_pause_doubles_up_to_its_cap() -> None:
    assert [longest(attempt) for attempt in (1, 2, 3, 4, 5)] == [5, 10, 20, 30, 30]


def test_jitter_is_full() -> None:
    assert backoff.seconds(RETRY, 3, None, lambda: 0.0) == 0
    assert backoff.seconds(RETRY, 3, None, lambda: 0.5) == 10


def test_a_server_that_says_when_is_not_asked_earlier() -> None:
    assert backoff.seconds(RETRY, 1, 60.0, lambda: 1.0) == 60
    assert backoff.seconds(RETRY, 3, 1.0, lambda: 1.0) == 20


@given(
    st.integers(1, 6),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 3600),
    st.floats(1, 10),
    st.integers(1, 86400),
)
def test_the_pause_is_never_negative_and_never_above_the_cap(
    attempt: int, chance: float, first: int, factor: float, cap: int
) -> None:
    retry = StepRetry(limit=5, backoff_seconds=first, factor=factor, max_backoff_seconds=cap)

    pause = backoff.seconds(retry, attempt, None, lambda: chance)

    assert 0 <= pause <= min(cap, first * factor ** (attempt - 1))
