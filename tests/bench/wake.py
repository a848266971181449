"""From zero to the first answer: Sluice, and beside it a bare Deployment of the same pod."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bench.report import Figure
from bench.stage import Stage, an_object
from sluice_core import names
from sluice_kube.resources import DEPLOYMENTS, SERVICES, WORKFLOWS, Key, Manifest

AT_ONCE = {1: 3, 10: 1, 50: 1}  # workflows that wake at the same time, and how often
POLL_SECONDS = 0.02
ASLEEP_SECONDS = 180
PORT = 80

Wake = Callable[[int], Awaitable[None]]


async def figures(on: Stage) -> list[Figure]:
    """`wake_ratio_N` and the seconds behind it: the median of all that wake."""
    most = max(AT_ONCE)
    for number in range(most):
        await on.session.create(WORKFLOWS, _workflow(on, number))
    for number in range(most):
        await _asleep(on, number)
    for number in range(most):
        await _make_bare(on, number)
    found = []
    for count, times in AT_ONCE.items():
        print(f"waking {count} at once", flush=True)
        found += await _compared(on, count, times)
    return found


async def _compared(on: Stage, count: int, times: int) -> list[Figure]:
    bare, ours = [], []
    for _ in range(times):
        bare += await _timed(lambda number: _wake_bare(on, number), count)
        await asyncio.gather(*(_scale(on, number, 0) for number in range(count)))
        for number in range(count):
            await _without_pods(on, _bare(number))
        ours += await _timed(lambda number: on.trigger(_flow(number))(), count)
        for number in range(count):
            await _asleep(on, number)
    first, second = statistics.median(bare), statistics.median(ours)
    return [
        Figure(f"wake_bare_s_{count}", first, "s"),
        Figure(f"wake_s_{count}", second, "s"),
        Figure(f"wake_ratio_{count}", second / first, "Deployments", "<= 1.3"),
    ]


async def _timed(wake: Wake, count: int) -> list[float]:
    async def one(number: int) -> float:
        begun = time.perf_counter()
        await wake(number)
        return time.perf_counter() - begun

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def _wake_bare(on: Stage, number: int) -> None:
    """Scale it up, and ask its Service until that answers."""
    await _scale(on, number, 1)
    service = await on.session.get(SERVICES, Key(on.namespace, _bare(number)))
    url = f"http://{service['spec']['clusterIP']}:{PORT}/readyz"
    timeout = aiohttp.ClientTimeout(total=1, sock_connect=0.25)
    while True:
        try:
            async with on.http.get(url, timeout=timeout) as answer:
                if answer.status == 200:
                    return
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        await asyncio.sleep(POLL_SECONDS)


async def _scale(on: Stage, number: int, replicas: int) -> None:
    patch = {"spec": {"replicas": replicas}}
    await on.session.merge_patch(DEPLOYMENTS, Key(on.namespace, _bare(number)), patch)


async def _make_bare(on: Stage, number: int) -> None:
    """The pod of the first workflow's runner, under labels of its own; it is probed each second."""
    like = await on.session.get(DEPLOYMENTS, Key(on.namespace, names.runner(_flow(0))))
    template: dict[str, Any] = like["spec"]["template"]
    labels = {"app": _bare(number)}
    template["metadata"] = {"labels": labels}
    template["spec"]["containers"][0]["readinessProbe"]["periodSeconds"] = 1
    deployment = an_object(DEPLOYMENTS, on.namespace, _bare(number)) | {
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    }
    service = an_object(SERVICES, on.namespace, _bare(number)) | {
        "spec": {"selector": labels, "ports": [{"port": PORT, "targetPort": names.RUNNER_PORT}]}
    }
    await on.session.create(DEPLOYMENTS, deployment)
    await on.session.create(SERVICES, service)


async def _asleep(on: Stage, number: int) -> None:
    def holds(workflow: Manifest) -> bool:
        return bool(workflow.get("status", {}).get("deploymentStatus") == "Stopped")

    await on.see(WORKFLOWS, _flow(number), holds, ASLEEP_SECONDS)


async def _without_pods(on: Stage, deployment: str) -> None:
    def holds(seen: Manifest) -> bool:
        return not seen.get("status", {}).get("replicas")

    await on.see(DEPLOYMENTS, deployment, holds, ASLEEP_SECONDS)


def _workflow(on: Stage, number: int) -> Manifest:
    step = {"name": "a", "action": "transform", "with": {"template": "done"}}
    return an_object(WORKFLOWS, on.namespace, _flow(number)) | {
        "spec": {"lifecycle": {"policy": "OnDemand"}, "steps": [step]}
    }


def _flow(number: int) -> str:
    return f"sleeper-{number}"


def _bare(number: int) -> str:
    return f"bare-{number}"
