"""What callers cost whom the gateway holds: those that wait for a run, those that listen."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp

from bench import gateways
from bench.report import Figure
from bench.stage import Stage, an_object, make_token
from sluice_kube.resources import RUNS, WORKFLOWS, Key
from sluice_kube.scope import Scope

# A replica works on 500 requests of one token at most, however they are spread.
WITH_ONE_TOKEN = 250


async def waiting(on: Stage, size: int) -> list[Figure]:
    """`waiting_N_rss_mb`: so many sync triggers whose runs do not end by themselves."""
    await _make_waiting(on)
    before = await gateways.memory(on)
    url = f"{on.gateway}/api/v1/namespaces/{on.namespace}/workflows/waits/trigger"
    tokens = await _tokens(on, size)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def wait(number: int) -> int:
            shown = gateways.headers(tokens[number % len(tokens)])
            async with http.post(url, json={"sync": True}, headers=shown) as answer:
                await answer.read()
                return answer.status

        callers = [asyncio.create_task(wait(number)) for number in range(size)]

        async def all_there() -> bool:
            return await _runs(on) + sum(one.done() for one in callers) >= size

        try:
            await gateways.until(all_there)
            memory, waits = await gateways.memory(on), sum(not one.done() for one in callers)
        finally:
            await _end(callers)
    return [
        Figure(f"waiting_{size}_rss_mb", memory, "MB", "<= 150"),
        Figure(f"waiting_{size}_growth_mb", memory - before, "MB"),
        Figure(f"waiting_{size}_refused", size - waits, "callers", "<= 0"),
    ]


async def listeners(on: Stage, size: int) -> list[Figure]:
    """`sse_N_missed`: so many listen to a run, and each is to hear of its end."""
    await _make_waiting(on)
    runs = f"{on.gateway}/api/v1/namespaces/{on.namespace}"
    shown = gateways.headers(on.token)
    async with on.http.post(f"{runs}/workflows/waits/run", json={}, headers=shown) as answer:
        run = Key(on.namespace, (await answer.json())["executionId"])
    events = f"{runs}/runs/{run.name}/events"
    there: set[int] = set()
    ends: list[float] = []

    async def listen(http: aiohttp.ClientSession, number: int) -> None:
        async with http.get(events, headers=shown) as answer:
            async for line in answer.content:
                if line.startswith(b"event:"):
                    there.add(number)
                if line.strip() == b"event: end":
                    ends.append(time.perf_counter())

    async def all_listen() -> bool:
        return len(there) == size

    timeout = aiohttp.ClientTimeout(total=gateways.KNOWN_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        tasks = [asyncio.create_task(listen(http, number)) for number in range(size)]
        try:
            await gateways.until(all_listen)
            memory, begun = await gateways.memory(on), time.perf_counter()
            await on.session.merge_patch(RUNS, run, {"spec": {"cancel": True}})
            await asyncio.gather(*tasks)
        finally:
            await _end(tasks)
    return [
        Figure(f"sse_{size}_missed", size - len(ends), "listeners", "<= 0"),
        Figure(f"sse_{size}_last_s", max(ends) - begun, "s"),
        Figure(f"sse_{size}_rss_mb", memory, "MB"),
    ]


async def _tokens(on: Stage, size: int) -> list[str]:
    made = [await make_token(on.namespace) for _ in range(size // WITH_ONE_TOKEN)]
    return [on.token, *made]


async def _make_waiting(on: Stage) -> None:
    """A workflow whose runs wait until they are cancelled."""
    step = {"name": "wait", "action": "wait", "with": {"seconds": 3600}}
    spec = {
        "lifecycle": {"policy": "AlwaysOn"},
        "runner": {"concurrency": 100},
        "steps": [step],
    }
    made = an_object(WORKFLOWS, on.namespace, "waits") | {"spec": spec}
    await on.session.create(WORKFLOWS, made)
    await on.see(WORKFLOWS, "waits", lambda found: bool(found.get("status")), 60)


async def _runs(on: Stage) -> int:
    return len([one async for one in on.session.list(RUNS, Scope(on.namespace))])


async def _end(tasks: Sequence[asyncio.Task[object]]) -> None:
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
