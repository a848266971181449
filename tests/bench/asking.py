"""What answers of the gateway cost: lists of many workflows, and many callers for a minute."""

import asyncio
import math
import time
from collections import Counter

import aiohttp

from bench import gateways
from bench.load import latency
from bench.report import Figure
from bench.stage import Stage, an_object
from sluice_kube.resources import WORKFLOWS

AT_ONCE = 16
CALLERS = 64
STEADY_SECONDS = 60


async def lists(on: Stage, size: int) -> list[Figure]:
    """`list_p50_ms_N`: the first 20 of so many workflows that nothing runs; and of a tenth."""
    few, _, _ = await _listed(on, 0, size // 10)
    p50, p99, asked = await _listed(on, size // 10, size)
    return [
        Figure(f"list_p50_ms_{size}", p50, "ms", "<= 10"),
        Figure(f"list_p99_ms_{size}", p99, "ms"),
        Figure(f"list_growth_exponent_{size}", math.log10(p50 / few), "", "<= 1.1"),
        Figure(f"list_api_lists_{size}", asked, "requests", "<= 0"),
        Figure(f"list_gateway_rss_mb_{size}", await gateways.memory(on), "MB"),
    ]


async def _listed(on: Stage, before: int, size: int) -> tuple[float, float, float]:
    """p50, p99, and how often the API server was asked for a list."""
    print(f"making {size - before} workflows", flush=True)
    await _make(on, range(before, size))
    url = f"{on.gateway}/api/v1/namespaces/{on.namespace}/workflows?limit=20"

    async def all_known() -> bool:
        return bool((await gateways.asked(on, url))["count"] == size)

    async def call() -> None:
        await gateways.asked(on, url)

    await gateways.until(all_known)
    lists_before = await gateways.lists_of_workflows(on)
    taken = await latency(call, 300, 30)
    return taken.p50, taken.p99, await gateways.lists_of_workflows(on) - lists_before


async def steady(on: Stage, seconds: float = STEADY_SECONDS) -> list[Figure]:
    """`gateway_errors_64`: sync triggers by so many callers, one after the other each."""
    await on.deploy("steady", 1)
    trigger = on.trigger("steady")
    await trigger()
    ended = time.perf_counter() + seconds
    told = Counter[bool]()

    async def caller() -> None:
        while time.perf_counter() < ended:
            try:
                await trigger()
            except (RuntimeError, aiohttp.ClientError, TimeoutError) as error:
                told[False] += 1
                print(f"refused: {error}"[:200], flush=True)
            else:
                told[True] += 1

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return [
        Figure("gateway_errors_64", told[False], "errors", "<= 0"),
        Figure("gateway_runs_per_second_64", told[True] / seconds, "1/s"),
        Figure("gateway_rss_mb_64", await gateways.memory(on), "MB"),
    ]


async def _make(on: Stage, numbers: range) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    step = {"name": "say", "action": "log", "with": {"message": "hello"}}
    spec = {"lifecycle": {"policy": "OnDemand"}, "steps": [step]}

    async def one(number: int) -> None:
        made = an_object(WORKFLOWS, on.namespace, f"listed-{number}") | {"spec": spec}
        async with gate:
            await on.session.create(WORKFLOWS, made)

    await asyncio.gather(*(one(number) for number in numbers))
