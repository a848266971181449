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


async def rate(call: Call, times: int, callers: int) -> float:
    """Calls a second, with so many at once."""
    gate = asyncio.Semaphore(callers)

    async def one() -> None:
        async with gate:
            await call()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(times)))
    return times / (time.perf_counter() - begun)
