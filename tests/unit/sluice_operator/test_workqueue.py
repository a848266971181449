"""Keys are worked on one at a time each, merged while they wait, and tried again when they fail."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_operator import workqueue
from sluice_operator.workqueue import WorkQueue
from testkit.eventually import until


@asynccontextmanager
async def working(
    process: Callable[[str], Awaitable[None]], workers: int = 4
) -> AsyncIterator[WorkQueue[str]]:
    queue = WorkQueue(process, workers=workers, debounce=0.01)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_adds_that_come_together_are_one() -> None:
    done: list[str] = []

    async def process(key: str) -> None:
        done.append(key)

    async with working(process) as queue:
        for key in "aabab":
            queue.add(key)
        depth = len(queue)
        await until(lambda: len(done) == 2, "both keys")

    assert (sorted(done), depth) == (["a", "b"], 2)


async def test_a_key_that_is_added_while_it_is_worked_on_is_worked_on_once_more() -> None:
    begun, go = [], asyncio.Event()

    async def process(key: str) -> None:
        begun.append(key)
        await go.wait()

    async with working(process) as queue:
        queue.add("a")
        await until(lambda: len(begun) == 1, "the first time")
        for _ in range(3):
            queue.add("a")
        go.set()
        await until(lambda: len(begun) == 2, "the second time")
        queue.add("b")
        await until(lambda: begun[-1] == "b", "another key")

    assert begun == ["a", "a", "b"]


async def test_no_key_is_worked_on_twice_at_a_time_and_others_are_beside_it() -> None:
    busy: list[str] = []
    together: set[frozenset[str]] = set()
    rounds = 0

    async def process(key: str) -> None:
        nonlocal rounds
        assert key not in busy
        busy.append(key)
        await asyncio.sleep(0.005)
        together.add(frozenset(busy))
        busy.remove(key)
        rounds += 1

    async with working(process) as queue:
        for _ in range(5):
            for key in "abc":
                queue.add(key)
            before = rounds
            await until(lambda before=before: rounds >= before + 3, "a round")  # type: ignore[misc]

    assert frozenset("abc") in together


async def test_a_key_that_fails_is_tried_again_and_does_not_hold_up_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries: list[str] = []

    async def process(key: str) -> None:
        tries.append(key)
        if key == "bad" and tries.count("bad") < 3:
            raise ValueError("not yet")

    caplog.set_level(logging.CRITICAL)
    async with working(process, workers=1) as queue:
        queue.add("bad")
        queue.add("good")
        await until(lambda: tries.count("bad") == 3, "the third try")

    assert tries.count("good") == 1
    assert tries.index("good") < len(tries) - 1


@given(st.integers(2, 10_000))
def test_pauses_double_up_to_a_minute(failures: int) -> None:
    pause, before = workqueue.retry_delay(failures), workqueue.retry_delay(failures - 1)

    assert pause == min(2 * before, workqueue.LAST_RETRY_SECONDS)


def test_the_first_pauses() -> None:
    assert [workqueue.retry_delay(n) for n in range(1, 5)] == [0.2, 0.4, 0.8, 1.6]


async def test_what_is_added_first_overtakes_what_waits_and_is_done_once() -> None:
    done: list[str] = []
    go = asyncio.Event()

    async def process(key: str) -> None:
        await go.wait()
        done.append(key)

    async with working(process, workers=1) as queue:
        queue.add_first("busy")
        await until(lambda: len(queue) == 0, "the first to begin")
        for key in "abc":
            queue.add(key)
        queue.add_first("d")
        await until(lambda: len(queue) == 4, "all to wait")
        for _ in range(3):
            queue.add_first("c")
        go.set()
        await until(lambda: len(done) == 5, "all")

    assert done == ["busy", "c", "d", "a", "b"]
