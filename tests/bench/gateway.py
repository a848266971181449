"""What the installed gateway costs: lists, many callers, those that wait, those that listen."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
import orjson

from bench.load import latency
from bench.report import Figure
from bench.stage import RELEASE, Stage, an_object
from sluice_kube.resources import PODS, RUNS, WORKFLOWS, Key, Manifest
from sluice_kube.scope import Scope

AT_ONCE = 16
CALLERS = 64
KNOWN_SECONDS = 400
STEADY_SECONDS = 60
LOOK_SECONDS = 0.2
PORT = 8080
MEMORY = re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE)
GATEWAYS = Scope(RELEASE, labels="app.kubernetes.io/component=gateway")


async def lists(on: Stage, size: int) -> list[Figure]:
    """`list_p50_ms_N`: the first 20 of so many workflows that nothing runs."""
    print(f"making {size} workflows", flush=True)
    await _at_once(range(size), lambda number: _make(on, f"listed-{number}", size))
    url = f"{on.gateway}/api/v1/namespaces/{on.namespace}/workflows?limit=20"

    async def all_known() -> bool:
        return (await _asked(on, url))["count"] == size

    await _until(all_known, KNOWN_SECONDS)

    async def call() -> None:
        await _asked(on, url)

    taken = await latency(call, 300, 30)
    return [
        Figure(f"list_p50_ms_{size}", taken.p50, "ms", "<= 10"),
        Figure(f"list_p99_ms_{size}", taken.p99, "ms"),
        Figure(f"list_gateway_rss_mb_{size}", await _memory(on), "MB"),
    ]


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
        Figure("gateway_rss_mb_64", await _memory(on), "MB"),
    ]


async def waiting(on: Stage, size: int) -> list[Figure]:
    """`waiting_N_rss_mb`: so many sync triggers whose runs do not end by themselves."""
    await _make_waiting(on)
    url = f"{on.gateway}/api/v1/namespaces/{on.namespace}/workflows/waits/trigger"
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def wait() -> int:
            headers = _headers(on)
            async with http.post(url, json={"sync": True}, headers=headers) as answer:
                await answer.read()
                return answer.status

        callers = [asyncio.create_task(wait()) for _ in range(size)]

        async def all_there() -> bool:
            return len(await _runs(on)) + sum(one.done() for one in callers) >= size

        try:
            await _until(all_there, KNOWN_SECONDS)
            memory, waits = await _memory(on), sum(not one.done() for one in callers)
        finally:
            for one in callers:
                one.cancel()
            await asyncio.gather(*callers, return_exceptions=True)
    return [
        Figure(f"waiting_{size}_rss_mb", memory, "MB", "<= 150"),
        Figure(f"waiting_{size}_refused", size - waits, "callers", "<= 0"),
    ]


async def listeners(on: Stage, size: int) -> list[Figure]:
    """`sse_N_missed`: so many listen to a run, and each is to hear of its end."""
    await _make_waiting(on)
    url = f"{on.gateway}/api/v1/namespaces/{on.namespace}/workflows/waits/run"
    async with on.http.post(url, json={}, headers=_headers(on)) as answer:
        run = Key(on.namespace, (await answer.json())["executionId"])
    events = f"{on.gateway}/api/v1/namespaces/{on.namespace}/runs/{run.name}/events"
    heard: list[tuple[float, int]] = []
    there = 0

    async def listen(http: aiohttp.ClientSession) -> None:
        nonlocal there
        async with http.get(events, headers=_headers(on)) as answer:
            count = 0
            async for line in answer.content:
                if line.startswith(b"event:"):
                    there += count == 0
                    count += 1
            heard.append((time.perf_counter(), count))

    async def all_listen() -> bool:
        return there == size

    timeout = aiohttp.ClientTimeout(total=KNOWN_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        tasks = [asyncio.create_task(listen(http)) for _ in range(size)]
        try:
            await _until(all_listen, KNOWN_SECONDS)
            memory, begun = await _memory(on), time.perf_counter()
            await on.session.merge_patch(RUNS, run, {"spec": {"cancel": True}})
            await asyncio.gather(*tasks)
        finally:
            for one in tasks:
                one.cancel()
    most = max(count for _, count in heard)
    return [
        Figure(f"sse_{size}_missed", sum(most - count for _, count in heard), "events", "<= 0"),
        Figure(f"sse_{size}_last_s", max(at for at, _ in heard) - begun, "s"),
        Figure(f"sse_{size}_rss_mb", memory, "MB"),
    ]


async def _at_once(numbers: range, make: Callable[[int], Awaitable[None]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            await make(number)

    await asyncio.gather(*(one(number) for number in numbers))


async def _make(on: Stage, name: str, size: int) -> None:
    step = {"name": "say", "action": "log", "with": {"message": f"one of {size}"}}
    spec = {"lifecycle": {"policy": "OnDemand"}, "steps": [step]}
    await on.session.create(WORKFLOWS, an_object(WORKFLOWS, on.namespace, name) | {"spec": spec})


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
    await on.see(WORKFLOWS, "waits", lambda found: bool(found.get("status")), KNOWN_SECONDS)


async def _runs(on: Stage) -> Sequence[Manifest]:
    return [one async for one in on.session.list(RUNS, Scope(on.namespace))]


async def _asked(on: Stage, url: str) -> Manifest:
    async with on.http.get(url, headers=_headers(on)) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {(await answer.text())[:300]}")
        found: Manifest = orjson.loads(await answer.read())
        return found


async def _memory(on: Stage) -> float:
    """Of the largest of the gateways."""
    sizes = []
    async for pod in on.session.list(PODS, GATEWAYS):
        if address := pod.get("status", {}).get("podIP"):
            async with on.http.get(f"http://{address}:{PORT}/metrics") as answer:
                sizes += MEMORY.findall(await answer.text())
    return max(float(one) for one in sizes) / 1e6


async def _until(holds: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(LOOK_SECONDS)


def _headers(on: Stage) -> dict[str, str]:
    return {"Authorization": f"Bearer {on.token}"}
