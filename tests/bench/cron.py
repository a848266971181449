"""`python -m bench.cron [JITTER [SIZE …]]`: so many triggers that are due at the same minute.

They belong to workflows of 50 triggers each, in a namespace that admits no pods. What is measured:
how late runs come into being, and that each does once, while those that wait are shown as always.
"""

import asyncio
import math
import statistics
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop

from bench import report
from bench.report import Figure
from sluice_core.api.triggers import Schedule
from sluice_core.schedule import Timetable
from sluice_kube import config
from sluice_kube.informer import Informer
from sluice_kube.resources import NAMESPACES, RUNS, WORKFLOWS, Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Session

QUOTAS = Resource("", "v1", "resourcequotas", "ResourceQuota")
SIZES = (1000, 3000, 10_000)
EACH = 50  # triggers of a workflow
AT_ONCE = 32
MADE_SECONDS = 150.0


async def main(sizes: list[int], jitter: int) -> None:
    """Measure each size in a namespace of its own; print."""
    late: list[float] = []
    async with Session(config.load()) as session:
        for size in sizes:
            lags, missing, duplicates = await _measure(session, size, jitter)
            cuts = statistics.quantiles(lags, n=100)
            late.append(cuts[98])
            name = f"{size}_jitter_{jitter}" if jitter else str(size)
            figures = [
                Figure(f"cron_lag_p50_s_{name}", cuts[49], "s"),
                Figure(f"cron_lag_p99_s_{name}", cuts[98], "s", "<= 10"),
                Figure(f"cron_missing_{name}", missing, "", "<= 0"),
                Figure(f"cron_duplicates_{name}", duplicates, "", "<= 0"),
            ]
            report.write(figures)
            print(report.table(figures), flush=True)
    if len(sizes) > 1:
        exponent = math.log(late[-1] / late[0]) / math.log(sizes[-1] / sizes[0])
        print(report.table([Figure("cron_lag_growth_exponent", exponent, "")]))


async def _measure(session: Session, size: int, jitter: int) -> tuple[list[float], int, int]:
    namespace = f"sluice-bench-cron-{size}-{int(time.time())}"
    await session.create(NAMESPACES, _object(NAMESPACES, "", namespace))
    quota = _object(QUOTAS, namespace, "no-pods") | {"spec": {"hard": {"pods": "0"}}}
    await session.create(QUOTAS, quota)
    try:
        due = _due(size)
        print(f"{size} triggers, due at {due:%H:%M}", flush=True)
        uids = await _deploy(session, namespace, size // EACH, due, jitter)
        made = await _follow(session, namespace, size, due)
        begins = {key: _begins(key, uids, due, jitter) for key in made}
        lags = [(made[key] - begins[key]).total_seconds() for key in made]
        runs = [one async for one in session.list(RUNS, Scope(namespace=namespace))]
        stored = Counter(_key(one) for one in runs)
        return lags, size - len(stored), sum(count - 1 for count in stored.values())
    finally:
        await session.delete(NAMESPACES, Key("", namespace))


def _due(size: int) -> datetime:
    """A minute that leaves time to make the workflows and have them looked at."""
    soon = datetime.now(UTC) + timedelta(seconds=30 + size // EACH)
    return soon.replace(second=0, microsecond=0) + timedelta(minutes=1)


async def _deploy(
    session: Session, namespace: str, count: int, due: datetime, jitter: int
) -> dict[str, str]:
    """The uids of the workflows, once all of them have been looked at."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> tuple[str, str]:
        async with gate:
            manifest = _workflow(namespace, f"cron-{number}", due, jitter)
            made = await session.create(WORKFLOWS, manifest)
            return made["metadata"]["name"], made["metadata"]["uid"]

    uids = dict(await asyncio.gather(*(one(number) for number in range(count))))
    async with asyncio.timeout((due - datetime.now(UTC)).total_seconds()):
        while not await _all_seen(session, namespace):  # noqa: ASYNC110 - asked, not watched
            await asyncio.sleep(2)
    return uids


async def _all_seen(session: Session, namespace: str) -> bool:
    scope = Scope(namespace=namespace)
    return all(
        ["nextRunTime" in one.get("status", {}) async for one in session.list(WORKFLOWS, scope)]
    )


async def _follow(
    session: Session, namespace: str, size: int, due: datetime
) -> dict[Key, datetime]:
    """When the watch told of each run: then it was there."""
    made: dict[Key, datetime] = {}
    complete = asyncio.Event()

    def changed(_: Key, old: Manifest | None, new: Manifest | None) -> None:
        if new is not None and old is None:
            made.setdefault(_key(new), datetime.now(UTC))
        if len(made) == size:
            complete.set()

    scope = Scope(namespace=namespace)
    informer: Informer[Manifest] = Informer(session, RUNS, scope, on_change=changed)
    watch = asyncio.create_task(informer.run())
    wait = (due - datetime.now(UTC)).total_seconds() + MADE_SECONDS
    try:
        await asyncio.wait_for(complete.wait(), wait)
    except TimeoutError:
        print(f"only {len(made)} of {size} were told of", flush=True)
    finally:
        watch.cancel()
    return made


def _key(run: Manifest) -> Key:
    """Workflow and trigger."""
    return Key(run["spec"]["workflow"], run["spec"]["trigger"]["name"])


def _begins(key: Key, uids: dict[str, str], due: datetime, jitter: int) -> datetime:
    schedule = Schedule.model_validate(_schedule(due, jitter))
    return Timetable(schedule, f"{uids[key.namespace]}\x00{key.name}").begins(due)


def _schedule(due: datetime, jitter: int) -> dict[str, Any]:
    cron = f"{due.minute} {due.hour} {due.day} {due.month} *"
    return {"cron": cron, "jitterSeconds": jitter}


def _workflow(namespace: str, name: str, due: datetime, jitter: int) -> Manifest:
    schedule = _schedule(due, jitter)
    triggers = [{"name": f"t{n}", "schedule": schedule} for n in range(EACH)]
    step = {"name": "a", "action": "transform", "with": {"template": "done"}}
    return _object(WORKFLOWS, namespace, name) | {
        "spec": {"lifecycle": {"policy": "OnDemand"}, "triggers": triggers, "steps": [step]}
    }


def _object(resource: Resource, namespace: str, name: str) -> Manifest:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}


_jitter, *_sizes = [int(word) for word in sys.argv[1:]] or [0]
uvloop.run(main(_sizes or list(SIZES), _jitter))
