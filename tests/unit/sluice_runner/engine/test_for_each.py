import asyncio
from typing import Any

import pytest

from sluice_runner.actions.action import Action, Context, Done, StepFailed
from testkit.runs import World, a_constant, a_job, an_action


def each(listed: Any = "{{ inputs.rows }}", **fields: Any) -> dict[str, Any]:
    return {"name": "each", "action": "odd", "forEach": {"in": listed, "as": "row"}, **fields}


def odd(began: list[Any]) -> Action:
    """Fails on odd numbers; the first items take longest."""

    async def run(params: Any, _context: Context) -> Done:
        began.append(params.n)
        for _ in range(10 - params.n):
            await asyncio.sleep(0)
        if params.n % 2:
            raise StepFailed("Permanent", "Odd", f"{params.n} is odd")
        return Done(output=params.n * 10)

    return an_action("odd", run)


async def test_results_come_in_the_order_of_the_items() -> None:
    world = World(odd([]))

    end = await world.run(a_job(each(**{"with": {"n": "{{ row }}"}}), inputs={"rows": [0, 2, 4]}))

    assert end.output == [0, 20, 40]
    assert world.ended["each"].result == {"items": 3, "failed": 0, "errors": []}


async def test_no_items_are_an_empty_list() -> None:
    end = await World(odd([])).run(a_job(each(), inputs={"rows": []}))

    assert end.output == []


async def test_no_more_items_at_a_time_than_allowed() -> None:
    now, most = 0, 0

    async def count(_params: Any, _context: Context) -> Done:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return Done()

    step = {
        "name": "a",
        "action": "count",
        "forEach": {"in": "{{ inputs.rows }}", "parallelism": 4},
    }

    await World(an_action("count", count)).run(a_job(step, inputs={"rows": list(range(30))}))

    assert most == 4


async def test_after_a_failure_no_further_item_begins() -> None:
    began: list[Any] = []
    step = each(**{"with": {"n": "{{ row }}"}})
    step["forEach"]["parallelism"] = 1
    world = World(odd(began))

    end = await world.run(a_job(step, inputs={"rows": [2, 3, 4]}))

    assert began == [2, 3]
    assert end.message == "step each: 1 of 3 items failed; item 1: 3 is odd"


async def test_on_failure_continue_tries_all_and_leaves_null_where_one_failed() -> None:
    world = World(odd([]))
    step = each(onFailure="Continue", **{"with": {"n": "{{ row }}"}})

    end = await world.run(
        a_job(step, a_constant("after", "{{ data }}"), inputs={"rows": [1, 2, 3]})
    )

    assert end.output == [None, 20, None]
    done = world.ended["each"]
    assert (done.phase, done.port) == ("Failed", "error")
    assert done.result == {
        "items": 3,
        "failed": 2,
        "errors": [
            {"item": 0, "reason": "Odd", "message": "1 is odd"},
            {"item": 2, "reason": "Odd", "message": "3 is odd"},
        ],
    }


async def test_each_item_is_retried_on_its_own() -> None:
    left = {0: 1, 1: 0, 2: 2}

    async def flaky(params: Any, _context: Context) -> Done:
        if left[params.n]:
            left[params.n] -= 1
            raise StepFailed("Transient", "Busy", "busy")
        return Done(output=params.n)

    world = World(an_action("odd", flaky))
    step = each(retry={"limit": 2, "backoffSeconds": 1}, **{"with": {"n": "{{ row }}"}})

    end = await world.run(a_job(step, inputs={"rows": [0, 1, 2]}))

    assert end.output == [0, 1, 2]
    assert world.ended["each"].attempts == 3


async def test_passthrough_goes_with_each_item() -> None:
    step = a_constant(
        "a", {"x": "{{ item.n }}"}, forEach={"in": "{{ inputs.rows }}"}, passthrough={"n": "item.n"}
    )

    end = await World().run(a_job(step, inputs={"rows": [{"n": 1}, {"n": 2}]}))

    assert end.output == [{"x": 1, "n": 1}, {"x": 2, "n": 2}]


NO_LISTS = {
    "text": ("abc", "gives text, not a list"),
    "an object": ({}, "gives an object, not a list"),
    "null": (None, "gives null, not a list"),
    "a number": (5, "gives a number, not a list"),
    "too many": ([0] * 10_001, "10001 items; at most 10000 are allowed"),
}


@pytest.mark.parametrize(("rows", "message"), NO_LISTS.values(), ids=NO_LISTS)
async def test_what_cannot_be_gone_through(rows: Any, message: str) -> None:
    end = await World(odd([])).run(a_job(each(), inputs={"rows": rows}))

    assert end.message == f"step each: forEach.in: {message}"
