"""Call something many times, one at a time or many at once, and time it."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Call = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Latency:
    """Quantiles, in milliseconds."""

    p50: float
    p95: float
    p99: float


async def latency(call: Call, times: int, warm: int) -> Latency:
    """One call after the other; the first `warm` do not count."""
    for _ in range(warm):
        await call()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - begun) * 1000)
    cuts = statistics.quantiles(taken, n=100)
    return Latency(cuts[49], cuts[94], cuts[98])


async def in_turn(one: Call, other: Call, times: int, callers: int) -> tuple[float, float]:
    """Calls a second of two things, in turn, since a shared machine is not equally fast all along.

    The median of three turns each; the first calls, which open connections, do not count.
    """
    for call in (one, other):
        await rate(call, 4 * callers, callers)
    rates = [
        (await rate(one, times // 3, callers), await rate(other, times // 3, callers))
        for _ in range(3)
    ]
    first, second = zip(*rates, strict=True)
    return statistics.median(first), statistics.median(second)


async def rate(call: Call, times: int, callers: int) -> float:
    """Calls a second, with so many at once."""
    gate = asyncio.Semaphore(callers)

    async def one() -> None:
        async with gate:
            await call()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(times)))
    return times / (time.perf_counter() - begun)
