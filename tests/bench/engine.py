"""The engine alone: what a step costs beside its action, and how that grows."""

import math
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvloop
from pydantic import JsonValue

from bench.report import Figure, table
from sluice_core import wire
from sluice_core.catalog.flow import LogParams, TransformParams
from sluice_runner.actions import ACTIONS, log, transform
from sluice_runner.engine import Job, Tools, execute
from sluice_runner.templating.renderer import Renderer
from testkit.contexts import a_context, nobody
from testkit.runs import a_definition

STEPS = 100
ROUNDS = 15
ENTITIES = 10_000
TRIPS = 500


async def figures() -> list[Figure]:
    """Every figure that needs no cluster. A few seconds."""
    async with Renderer() as sandbox:
        await sandbox.render("{{ 1 }}", {}, "with")
        bare = await _seconds(lambda: _bare(_mixed(STEPS)))
        chain = await _seconds(lambda: _run(_mixed(STEPS), sandbox))
        fan = await _seconds(lambda: _run(_mixed(STEPS, needs=[]), sandbox))
        sizes = [10, 50, 200]
        growth = [await _seconds(lambda n=n: _run(_mixed(n), sandbox)) for n in sizes]  # type: ignore[misc]
        seconds, peak = await _entities(sandbox)
        return [
            Figure("engine_step_overhead_ms", (chain - bare) / STEPS * 1000, "ms", "<= 1"),
            Figure("engine_fan_overhead_ms", (fan - bare) / STEPS * 1000, "ms", "<= 1"),
            Figure("render_trip_us_p50", await _trip(sandbox), "us", "<= 300"),
            Figure("entities_10000_s", seconds, "s"),
            Figure("entities_10000_peak_mb", peak, "MB"),
            Figure("engine_growth_exponent", _exponent(sizes, growth), "", "<= 1.1"),
        ]


def _mixed(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Transforms, conditions and logs in turn, each with a template."""
    kinds = [
        ("transform", {"template": "{{ inputs.n + 1 }}"}),
        ("condition", {"if": "{{ inputs.n > 0 }}"}),
        ("log", {"message": "n is {{ inputs.n }}"}),
    ]
    return [
        {"name": f"s{i}", "action": kinds[i % 3][0], "with": kinds[i % 3][1], **fields}
        for i in range(count)
    ]


async def _run(steps: Sequence[dict[str, Any]], sandbox: Renderer) -> None:
    await execute(_job(steps), _tools(sandbox))


async def _bare(steps: Sequence[dict[str, Any]]) -> None:
    """The same actions, called one after the other."""
    context = a_context()
    for step in steps:
        if step["action"] == "log":
            await log.run(LogParams(message="n is 1"), context)
        else:
            await transform.run(TransformParams(template=1), context)


async def _entities(sandbox: Renderer) -> tuple[float, float]:
    """Seconds without, and peak of megabytes with, the bookkeeping of memory."""
    steps = [{"name": "a", "action": "log", "with": {"message": "{{ entity.id }}"}}]
    job = _job(steps, entities=tuple(f"order-{i}" for i in range(ENTITIES)))
    began = time.perf_counter()
    await execute(job, _tools(sandbox))
    seconds = time.perf_counter() - began
    tracemalloc.start()
    await execute(job, _tools(sandbox))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, peak / 1e6


async def _trip(sandbox: Renderer) -> float:
    value: JsonValue = {"a": "{{ inputs.n }}", "b": "n is {{ inputs.n }}"}

    async def once() -> None:
        await sandbox.render(value, {"inputs": {"n": 1}}, "with")

    return await _seconds(once, TRIPS) * 1e6


async def _seconds(work: Callable[[], Awaitable[None]], rounds: int = ROUNDS) -> float:
    """The median."""
    await work()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Of the cost as a power of the size: 1 is linear."""
    return math.log(seconds[-1] / seconds[0]) / math.log(sizes[-1] / sizes[0])


def _job(steps: Sequence[dict[str, Any]], **fields: Any) -> Job:
    return Job(
        uid="u",
        name="bench",
        namespace="default",
        workflow="bench",
        revision=1,
        definition=a_definition(*steps),
        inputs={"n": 1},
        **fields,
    )


def _tools(sandbox: Renderer) -> Tools:
    def forget(_: wire.Happening) -> None:
        pass

    return Tools(
        renderer=sandbox,
        actions=ACTIONS,
        emit=forget,
        http=_no_http,
        guard=_no_http,
        credential=_no_http,
        documents=_no_http,
        ask=nobody,
    )


def _no_http(*_: object) -> Any:
    raise AssertionError("the bench of the engine calls nobody")


if __name__ == "__main__":
    print(table(uvloop.run(figures())))
