"""Who has the next turn."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_runner.templating.turns import Turns

ORDERS: dict[str, tuple[str, str]] = {
    "of one owner: as they came": ("aaa", "aaa"),
    "of several: owner by owner": ("aaabbb", "ababab"),
    "one who comes behind many has the second": ("abcdef", "afbecd"),
    "one who comes behind the many of another has the second": ("aaaaab", "abaaaa"),
}


async def served(waiting: Sequence[str]) -> str:
    """Who has the turns, one at a time, of those that wait while somebody else has the first."""
    turns, order = Turns(1), list[str]()
    await turns.take("x")

    async def one(owner: str) -> None:
        await turns.take(owner)
        order.append(owner)
        turns.give()

    async with asyncio.TaskGroup() as group:
        for owner in waiting:
            group.create_task(one(owner))
        await asyncio.sleep(0)
        turns.give()
    assert turns.take_now()
    return "".join(order)


@pytest.mark.parametrize(("waiting", "order"), ORDERS.values(), ids=ORDERS)
async def test_order(waiting: str, order: str) -> None:
    assert await served(waiting) == order


@given(st.text("abcd", max_size=12))
async def test_everyone_has_a_turn(waiting: str) -> None:
    assert sorted(await served(waiting)) == sorted(waiting)


@given(st.lists(st.integers(0, 6), max_size=7, unique=True), st.integers(0, 7))
async def test_the_turn_of_one_who_gives_up_goes_to_the_next(gone: list[int], after: int) -> None:
    """`after` are how many gave up when the first turn was given back, at the very same moment."""
    turns, served = Turns(1), list[int]()
    await turns.take("x")

    async def one(number: int) -> None:
        await turns.take(str(number % 3))
        served.append(number)
        turns.give()

    tasks = [asyncio.create_task(one(number)) for number in range(7)]
    await asyncio.sleep(0)

    for number in gone[:after]:
        tasks[number].cancel()
    turns.give()
    for number in gone[after:]:
        tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert sorted(served) == [number for number in range(7) if number not in gone]
    assert turns.take_now()
