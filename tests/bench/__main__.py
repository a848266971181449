"""`python -m bench [part …]`: measure the installed Sluice as ratios to the bare thing."""

import asyncio
import sys

import uvloop

from bench import actions, engine, gateway, idle, redaction, report, wake
from bench.load import Call, Latency, in_turn, latency, rate
from bench.pairs import pairs
from bench.report import Figure
from bench.stage import Stage, stage
from bench.writes import written
from sluice_kube import config
from sluice_kube.session import Session

CALLERS = (1, 8, 64)
CALLS = {1: 200, 8: 800, 64: 1500}
SETTLED_SECONDS = 2.0
PARTS = ("load", "wake", "idle_1000", "idle_10000")


async def main(parts: tuple[str, ...]) -> None:
    """Measure, print, write; what is not measured keeps the figures that it has."""
    cluster = config.load()
    figures: list[Figure] = []
    async with Session(cluster) as session:
        for part in parts:
            async with stage(session) as on:
                figures += await _measure(part, on, cluster)
            report.write(figures)
    print(report.table(figures))


async def _measure(part: str, on: Stage, cluster: config.ClusterConfig) -> list[Figure]:
    if gateway.is_part(part):
        return await gateway.measure(on, part)
    match part:
        case "wake":
            return await wake.figures(on)
        case "idle_1000" | "idle_10000":
            return await idle.figures(on, cluster, int(part.removeprefix("idle_")))
        case "load":
            return await _load(on, cluster)
        case _:
            sys.exit(f"there is no part {part}: choose of {', '.join((*PARTS, *gateway.PARTS))}")


async def _load(on: Stage, cluster: config.ClusterConfig) -> list[Figure]:
    print("deploying a workflow of one no-op step and one of ten", flush=True)
    await on.deploy("one", 1)
    await on.deploy("ten", 10)
    await on.trigger("one")()
    model = await on.an_ended_run("one")
    async with pairs(on.session, model) as pair:
        print("latency: the bare pair, then a sync trigger", flush=True)
        bare = await latency(pair, 200, 30)
        sync = await latency(on.trigger("one"), 200, 30)
        figures = _latencies(bare, sync)
        for callers in CALLERS:
            print(f"rates with {callers} at once", flush=True)
            figures += await _rates(on, pair, callers)
    figures.append(await _writes_per_run(on, cluster))
    print("engine, actions", flush=True)
    return figures + await engine.figures() + redaction.figures() + await actions.figures()


def _latencies(bare: Latency, sync: Latency) -> list[Figure]:
    return [
        Figure("pair_p50_ms", bare.p50, "ms"),
        Figure("sync_trigger_p50_ms", sync.p50, "ms"),
        Figure("sync_trigger_p50_ratio", sync.p50 / bare.p50, "pairs", "<= 2"),
        Figure("sync_trigger_p95_ms", sync.p95, "ms"),
        Figure("sync_trigger_p99_ms", sync.p99, "ms", "<= 100"),
    ]


async def _rates(on: Stage, pair: Call, callers: int) -> list[Figure]:
    times = CALLS[callers]
    bare, runs = await in_turn(pair, on.trigger("one"), times, callers)
    ten = await rate(on.trigger("ten"), times // 2, callers)
    budget = ">= 0.7" if callers == 64 else ""
    return [
        Figure(f"pairs_per_second_{callers}", bare, "1/s"),
        Figure(f"runs_per_second_{callers}", runs, "1/s"),
        Figure(f"runs_per_second_ratio_{callers}", runs / bare, "pairs", budget),
        Figure(f"ten_step_runs_per_second_{callers}", ten, "1/s"),
    ]


async def _writes_per_run(on: Stage, cluster: config.ClusterConfig) -> Figure:
    times = 200
    await asyncio.sleep(SETTLED_SECONDS)
    before = await written(cluster, "sluice.dev", "workflowruns")
    await rate(on.trigger("one"), times, 8)
    after = await written(cluster, "sluice.dev", "workflowruns")
    return Figure("api_writes_per_run", (after - before) / times, "writes", "<= 2.05")


uvloop.run(main(tuple(sys.argv[1:]) or PARTS))
