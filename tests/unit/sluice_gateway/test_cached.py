"""Answers are remembered for some seconds, and asked for once."""

import asyncio

import pytest

from sluice_gateway.cached import Cached


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Oracle:
    """Counts what it is asked, and answers when it is let."""

    def __init__(self, *, held: bool = False) -> None:
        self.asked = 0
        self.called = asyncio.Event()
        self.free = asyncio.Event()
        if not held:
            self.free.set()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        self.called.set()
        await self.free.wait()
        return number


async def test_an_answer_is_remembered_until_its_time_is_over() -> None:
    clock, oracle = Clock(), Oracle()
    cached: Cached[str, int] = Cached(10, 100, clock)

    first = await cached.get("a", oracle)
    clock.now += 9.9
    second = await cached.get("a", oracle)
    clock.now += 0.1
    third = await cached.get("a", oracle)

    assert (first, second, third) == (1, 1, 2)


async def test_the_age_of_an_answer_counts_from_the_question() -> None:
    clock, oracle = Clock(), Oracle(held=True)
    cached: Cached[str, int] = Cached(10, 100, clock)
    asking = asyncio.ensure_future(cached.get("a", oracle))
    await oracle.called.wait()
    clock.now += 10
    oracle.free.set()
    await asking

    assert await cached.get("a", oracle) == 2


async def test_a_burst_makes_one_question() -> None:
    oracle = Oracle(held=True)
    cached: Cached[str, int] = Cached(10, 100)

    burst = [asyncio.ensure_future(cached.get("a", oracle)) for _ in range(50)]
    await asyncio.sleep(0)
    oracle.free.set()

    assert await asyncio.gather(*burst) == [1] * 50
    assert oracle.asked == 1


async def test_who_goes_away_stops_nobody_else() -> None:
    oracle = Oracle(held=True)
    cached: Cached[str, int] = Cached(10, 100)
    first = asyncio.ensure_future(cached.get("a", oracle))
    second = asyncio.ensure_future(cached.get("a", oracle))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.sleep(0)
    oracle.free.set()

    assert await second == 1


async def test_an_error_reaches_all_who_ask_and_is_not_remembered() -> None:
    async def fail() -> int:
        raise ConnectionError

    cached: Cached[str, int] = Cached(10, 100)

    for _ in range(2):
        with pytest.raises(ConnectionError):
            await cached.get("a", fail)

    assert await cached.get("a", Oracle()) == 1


async def test_the_least_recently_used_answer_goes_first() -> None:
    oracle = Oracle()
    cached: Cached[str, int] = Cached(10, 2)
    await cached.get("a", oracle)
    await cached.get("b", oracle)
    await cached.get("a", oracle)

    await cached.get("c", oracle)

    assert len(cached) == 2
    assert await cached.get("a", oracle) == 1
    assert await cached.get("b", oracle) == 4
