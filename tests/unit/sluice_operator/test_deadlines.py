"""Each key has one time, the last one set, and is announced once when it has come."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_operator.deadlines import Deadlines
from testkit.eventually import until

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.minutes = 0.0

    def __call__(self) -> datetime:
        return NOON + timedelta(minutes=self.minutes)


SETS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9)), max_size=30)


@given(SETS)
def test_the_last_time_that_was_set_is_the_one(sets: list[tuple[str, int | None]]) -> None:
    clock = Clock()
    deadlines = Deadlines[str](lambda _: None, clock)
    wanted: dict[str, int] = {}

    for key, minute in sets:
        deadlines.set(key, None if minute is None else NOON + timedelta(minutes=minute))
        wanted.pop(key, None)
        if minute is not None:
            wanted[key] = minute

    for minute in range(10):
        clock.minutes = minute
        assert sorted(deadlines.pop_due()) == sorted(k for k, at in wanted.items() if at == minute)


async def test_a_time_that_comes_first_is_announced_though_it_was_set_last() -> None:
    due: list[str] = []
    deadlines = Deadlines(due.append, lambda: datetime.now(UTC))
    task = asyncio.create_task(deadlines.run())

    deadlines.set("late", datetime.now(UTC) + timedelta(hours=1))
    await asyncio.sleep(0)
    deadlines.set("soon", datetime.now(UTC) + timedelta(milliseconds=20))
    await until(lambda: bool(due), "the nearer one")

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert due == ["soon"]


@pytest.mark.parametrize("turns", range(4))
async def test_an_end_that_comes_with_a_change_is_an_end(turns: int) -> None:
    clock = datetime(2026, 1, 31, 12, tzinfo=UTC)
    deadlines: Deadlines[str] = Deadlines(lambda _: None, lambda: clock)
    task = asyncio.create_task(deadlines.run())
    await asyncio.sleep(0)

    deadlines.set("a", clock + timedelta(hours=1))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)

    assert done == {task}
