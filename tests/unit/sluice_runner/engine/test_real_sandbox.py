"""The engine with the real sandbox behind it."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice_runner.engine import execute
from sluice_runner.templating.renderer import Renderer
from testkit.runs import World, a_condition, a_constant, a_job


@pytest.fixture
async def sandbox() -> AsyncIterator[Renderer]:
    async with Renderer() as renderer:
        yield renderer


async def test_values_keep_their_types_from_step_to_step(sandbox: Renderer) -> None:
    steps = [
        a_constant("get-it", {"rows": [{"n": 1}, {"n": 2}], "day": "{{ inputs.day }}"}),
        a_condition("check", "{{ data.rows | length > 1 }}"),
        a_constant(
            "shape",
            {
                "n": "{{ row.n * factor }}",
                "text": "{{ row.n }} on {{ steps['get-it'].output.day }}",
            },
            needs=["check.true"],
            inputs={"factor": "inputs.factor"},
            forEach={"in": "{{ steps.get_it.output.rows }}", "as": "row"},
        ),
    ]

    end = await World().run(a_job(*steps, inputs={"day": "monday", "factor": 10}), renderer=sandbox)

    assert end.output == [{"n": 10, "text": "1 on monday"}, {"n": 20, "text": "2 on monday"}]


FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "in a field of `with`": (
        a_constant("a", {"x": ["{{ inputs.nope.y }}"]}),
        "step a: with.template.x[0]: ",
    ),
    "in `when`": (a_constant("a", 1, when="{{ inputs.nope.y }}"), "step a: when: "),
    "in `forEach`": (
        a_constant("a", 1, forEach={"in": "{{ inputs.nope.y }}"}),
        "step a: forEach.in: ",
    ),
}


@pytest.mark.parametrize(("step", "message"), FAILURES.values(), ids=FAILURES)
async def test_a_template_that_fails_names_its_place(
    sandbox: Renderer, step: dict[str, Any], message: str
) -> None:
    end = await World().run(a_job(step), renderer=sandbox)

    assert end.message.startswith(message)


async def test_a_bomb_fails_its_own_run_with_the_limit_and_no_other(sandbox: Renderer) -> None:
    bomb = a_constant("a", "{% for i in range(100000) %}{{ i }}{% endfor %}")
    good = a_constant("a", "{{ 1 + 1 }}")
    bad_world, good_world = World(), World()

    await asyncio.gather(
        execute(a_job(bomb), bad_world.tools(renderer=sandbox)),
        execute(a_job(good), good_world.tools(renderer=sandbox)),
    )

    assert bad_world.end.phase == "Failed"
    assert "500" in bad_world.end.message
    assert good_world.end.output == 2


async def test_cancelling_inside_a_template_takes_less_than_a_second(sandbox: Renderer) -> None:
    slow = "{% for i in range(400) %}{{ (range(3000) | list | sort | join) | length }}{% endfor %}"
    world = World()
    task = asyncio.create_task(world.run(a_job(a_constant("a", slow)), renderer=sandbox))
    await asyncio.sleep(0)
    began = time.monotonic()

    task.cancel()
    await asyncio.wait({task}, timeout=5)

    assert time.monotonic() - began < 1
    assert task.cancelled()


async def test_a_step_with_a_template_costs_less_than_a_millisecond(sandbox: Renderer) -> None:
    chain = [a_constant("s0", 0)]
    chain += [a_constant(f"s{index}", "{{ data + 1 }}") for index in range(1, 100)]
    job = a_job(*chain)

    await World().run(job, renderer=sandbox)
    seconds = []
    for _ in range(5):
        began = time.process_time()  # others may be at work on the machine
        await World().run(job, renderer=sandbox)
        seconds.append(time.process_time() - began)

    assert statistics.median(seconds) / len(chain) < 0.001


async def test_a_step_whose_name_is_computed_travels_with_all_others(sandbox: Renderer) -> None:
    steps = [a_constant("a", 1), a_constant("b-c", 2)]
    last = a_constant("last", ["{{ steps[inputs.which].output }}", "{{ steps['b-c'].output }}"])

    end = await World().run(a_job(*steps, last, inputs={"which": "a"}), renderer=sandbox)

    assert end.output == [1, 2]
