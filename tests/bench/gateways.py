"""The gateways as callers meet them, and what they say of themselves."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import orjson

from bench.stage import RELEASE, Stage
from sluice_kube.resources import PODS, Manifest
from sluice_kube.scope import Scope

KNOWN_SECONDS = 400
LOOK_SECONDS = 0.2
PORT = 8080
MEMORY = re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE)
LISTS = re.compile(
    r'^sluice_gateway_api_requests_total\{[^}]*resource="workflows",verb="list"\} (\S+)$',
    re.MULTILINE,
)
GATEWAYS = Scope(RELEASE, labels="app.kubernetes.io/component=gateway")


def headers(token: str) -> dict[str, str]:
    """Who asks."""
    return {"Authorization": f"Bearer {token}"}


async def asked(on: Stage, url: str) -> Manifest:
    """What a GET answers; raises RuntimeError for anything but 200."""
    async with on.http.get(url, headers=headers(on.token)) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {(await answer.text())[:300]}")
        found: Manifest = orjson.loads(await answer.read())
        return found


async def memory(on: Stage) -> float:
    """Of the largest of the gateways, in MB."""
    return max(await _told(on, MEMORY)) / 1e6


async def lists_of_workflows(on: Stage) -> float:
    """How often they have listed workflows at the API server."""
    return sum(await _told(on, LISTS))


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = KNOWN_SECONDS) -> None:
    """Wait for it; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(LOOK_SECONDS)


async def _told(on: Stage, metric: re.Pattern[str]) -> list[float]:
    found: list[str] = []
    async for pod in on.session.list(PODS, GATEWAYS):
        address = pod.get("status", {}).get("podIP")
        if address and "deletionTimestamp" not in pod["metadata"]:
            async with on.http.get(f"http://{address}:{PORT}/metrics") as answer:
                found += metric.findall(await answer.text())
    return [float(one) for one in found]
