"""The input ports ai and tools: a step's output as a model, and steps that another step calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import JsonValue

from sluice_core import wire
from sluice_core.wire import FinishedStep
from sluice_runner.actions.action import Context, Done, StepFailed
from sluice_runner.engine import execute, toolbox
from testkit.runs import World, a_condition, a_constant, a_job, an_action

PORTS = frozenset({"ai", "tools"})
Think = Callable[[Context], Awaitable[JsonValue]]


def a_world(think: Think) -> World:
    """Its action `agent` does what a test says, and gives the result."""

    async def run(_: Any, context: Context) -> Done:
        return Done(output=await think(context))

    return World(an_action("agent", run, accepts=PORTS))


def an_agent(*needs: str, **fields: Any) -> dict[str, Any]:
    return {"name": "agent", "action": "agent", "needs": list(needs), **fields}


DOUBLE = a_constant("double", "{{ data.n * 2 }}", needs=[])


async def call_double(context: Context) -> JsonValue:
    return [await context.tools["double"]({"n": n}) for n in (1, 2)]


async def test_a_tool_runs_when_it_is_called_with_what_it_is_called_with() -> None:
    world = a_world(call_double)

    end = await world.run(a_job(DOUBLE, an_agent("double:tools")))

    assert end.output == [2, 4]
    assert world.begun == ["agent", "double"]


async def test_a_tool_is_told_once_with_the_number_of_its_calls() -> None:
    world = a_world(call_double)

    await world.run(a_job(DOUBLE, an_agent("double:tools")))

    told = world.ended["double"]
    assert (told.phase, told.result) == ("Succeeded", {"calls": 2, "failed": 0})
    assert [type(e).__name__ for e in world.events].count("StepFinished") == 2


async def test_a_tool_that_nobody_called_was_skipped() -> None:
    async def idle(_: Context) -> JsonValue:
        return "done"

    world = a_world(idle)

    end = await world.run(a_job(DOUBLE, an_agent("double:tools")))

    assert end.output == "done"
    assert world.phases == {"double": "Skipped", "agent": "Succeeded"}


async def test_a_tool_sees_the_steps_that_it_needs_itself() -> None:
    async def ask(context: Context) -> JsonValue:
        return await context.tools["price"]({"sku": "b"})

    world = a_world(ask)
    prices = a_constant("prices", {"a": 1, "b": 2})
    price = a_constant("price", "{{ steps.prices.output[data.sku] }}")

    end = await world.run(a_job(prices, price, an_agent("price:tools")))

    assert end.output == 2


async def test_a_tool_whose_own_needs_close_the_way_is_not_offered() -> None:
    async def look(context: Context) -> JsonValue:
        return sorted(context.tools)

    world = a_world(look)

    end = await world.run(
        a_job(
            a_condition("rich", False),
            a_constant("buy", 1, needs=["rich.true"]),
            a_constant("beg", 1, needs=["rich.false"]),
            an_agent("buy:tools", "beg:tools"),
        )
    )

    assert end.output == ["beg"]
    assert world.phases["buy"] == "Skipped"


async def test_a_tool_that_is_not_enabled_is_not_offered() -> None:
    async def look(context: Context) -> JsonValue:
        return sorted(context.tools)

    world = a_world(look)

    end = await world.run(a_job({**DOUBLE, "enabled": False}, an_agent("double:tools")))

    assert end.output == []
    assert world.phases["double"] == "Skipped"


async def test_the_failure_of_a_tool_is_its_caller_s_to_judge() -> None:
    async def careful(context: Context) -> JsonValue:
        try:
            await context.tools["stop"]({})
        except StepFailed as failed:
            return f"{failed.reason}: {failed.message}"
        return "no failure"

    world = a_world(careful)
    stop = {"name": "stop", "action": "fail", "with": {"message": "sold out"}, "needs": []}

    end = await world.run(a_job(stop, an_agent("stop:tools")))

    assert (end.phase, end.output) == ("Succeeded", "Failed: sold out")
    assert world.ended["stop"].result == {"calls": 1, "failed": 1}
    assert world.phases["stop"] == "Failed"


async def test_calls_are_bounded() -> None:
    async def greedy(context: Context) -> JsonValue:
        while True:
            await context.tools["double"]({"n": 1})

    world = a_world(greedy)

    end = await world.run(a_job(DOUBLE, an_agent("double:tools")))

    assert end.message == f"step agent: double: more than {toolbox.CALLS} calls"
    assert world.ended["double"].result == {"calls": toolbox.CALLS, "failed": 0}


async def test_arguments_that_are_not_json_are_refused() -> None:
    async def odd(context: Context) -> JsonValue:
        return await context.tools["double"]({"n": float("inf")})

    end = await a_world(odd).run(a_job(DOUBLE, an_agent("double:tools")))

    assert end.message.startswith("step agent: double: arguments not expressible in JSON")


async def test_each_call_has_a_key_of_its_own() -> None:
    keys: list[str] = []

    async def note(_: Any, context: Context) -> Done:
        keys.append(context.key)
        return Done(output=1)

    world = a_world(call_double)
    tools = {**world.tools().actions, "note": an_action("note", note)}

    await world.run(
        a_job({"name": "double", "action": "note", "needs": []}, an_agent("double:tools")),
        actions=tools,
    )

    assert keys == ["u1/agent/double/1", "u1/agent/double/2"]


async def test_a_tool_may_have_tools() -> None:
    async def relay(context: Context) -> JsonValue:
        if "inner" in context.tools:
            return await context.tools["inner"]({"n": 1})
        return await context.tools["double"]({"n": 21})

    world = a_world(relay)
    inner = {"name": "inner", "action": "agent", "needs": ["double:tools"]}

    end = await world.run(a_job(DOUBLE, inner, an_agent("inner:tools")))

    assert end.output == 42


async def test_a_model_is_the_output_of_the_step_on_the_port_and_no_data() -> None:
    async def tell(context: Context) -> JsonValue:
        return context.ai

    seen: dict[str, Any] = {}

    async def run(params: Any, context: Context) -> Done:
        seen["text"] = params.text
        return Done(output=await tell(context))

    world = World(an_action("agent", run, accepts=PORTS))

    end = await world.run(
        a_job(
            a_constant("model", {"name": "small"}, needs=[]),
            a_constant("question", "why", needs=[]),
            an_agent("question", "model:ai", **{"with": {"text": "{{ data }}?"}}),
        )
    )

    assert end.output == {"name": "small"}
    assert seen["text"] == "why?"


async def test_of_two_models_the_one_whose_branch_was_taken_counts() -> None:
    async def tell(context: Context) -> JsonValue:
        return context.ai

    end = await a_world(tell).run(
        a_job(
            a_condition("cheap", True),
            a_constant("large", "L", needs=["cheap.false"]),
            a_constant("small", "S", needs=["cheap.true"]),
            an_agent("large:ai", "small:ai"),
        )
    )

    assert end.output == "S"


async def test_after_an_interruption_tools_are_offered_again() -> None:
    world = a_world(call_double)
    told = FinishedStep(name="double", phase="Succeeded")

    end = await world.run(a_job(DOUBLE, an_agent("double:tools"), finished=(told,)))

    assert end.output == [2, 4]


async def test_a_cancelled_call_ends_with_its_caller() -> None:
    begun = asyncio.Event()

    async def forever(_: Any, __: Context) -> Done:
        begun.set()
        await asyncio.Event().wait()
        return Done()

    world = a_world(call_double)
    actions = {**world.tools().actions, "forever": an_action("forever", forever)}
    job = a_job({"name": "double", "action": "forever", "needs": []}, an_agent("double:tools"))
    running = asyncio.create_task(execute(job, world.tools(actions=actions)))
    await begun.wait()

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.phases == {"agent": "Cancelled", "double": "Cancelled"}
    assert isinstance(world.events[-1], wire.Finished)


REFUSED = {
    "a port that the action does not accept": (
        [DOUBLE, a_constant("b", 1, needs=["double:tools"])],
        "step b: transform has no input port 'tools'",
    ),
    "a tool that is needed otherwise too": (
        [DOUBLE, an_agent("double:tools"), a_constant("c", 1, needs=["double"])],
        (
            "steps[1].needs[0]: step double is a tool here, and step c waits for it; "
            "give c other needs"
        ),
    ),
}


@pytest.mark.parametrize(("steps", "said"), REFUSED.values(), ids=REFUSED)
async def test_what_is_no_tool(steps: list[dict[str, Any]], said: str) -> None:
    end = await a_world(call_double).run(a_job(*steps))

    assert (end.reason, end.message) == ("InvalidDefinition", said)
