"""Connections between steps: used again while they are good, by the same key, some at a time."""

import asyncio

import pytest

from sluice_runner.egress.kept import AT_ONCE, Kept
from testkit.eventually import until


class Line:
    """A connection that counts."""

    def __init__(self) -> None:
        self.good, self.closed = True, False

    async def usable(self) -> bool:
        return self.good

    async def close(self) -> None:
        self.closed = True


async def test_it_is_used_again_while_it_is_good() -> None:
    kept, lines = Kept(), [Line(), Line()]
    left = iter(lines)

    async def opened() -> Line:
        return next(left)

    used = []
    for _ in range(3):
        async with kept.lent("a", opened) as line:
            used.append(line)
        lines[0].good = len(used) < 2
    await kept.aclose()

    assert used == [lines[0], lines[0], lines[1]]
    assert [line.closed for line in lines] == [True, True]


async def test_a_failure_ends_it_and_another_key_never_gets_it() -> None:
    kept, lines = Kept(), []

    async def opened() -> Line:
        lines.append(Line())
        return lines[-1]

    with pytest.raises(ValueError, match="broken"):
        async with kept.lent("a", opened):
            raise ValueError("broken")
    async with kept.lent("a", opened):
        pass
    async with kept.lent("b", opened):
        pass

    await until(lambda: lines[0].closed, "the first is closed")
    assert (len(lines), lines[1].closed, lines[2].closed) == (3, False, False)
    await kept.aclose()


async def test_idle_ones_end_by_themselves() -> None:
    kept, line = Kept(idle_seconds=0), Line()

    async def opened() -> Line:
        return line

    async with kept.lent("a", opened):
        pass

    await until(lambda: line.closed, "it is closed")


async def test_some_at_a_time() -> None:
    kept, lines, go = Kept(), [], asyncio.Event()

    async def opened() -> Line:
        lines.append(Line())
        return lines[-1]

    async def use() -> None:
        async with kept.lent("a", opened):
            await go.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(3 * AT_ONCE):
            group.create_task(use())
        await until(lambda: len(lines) == AT_ONCE, "as many as there may be")
        go.set()

    assert len(lines) == AT_ONCE
    await kept.aclose()
