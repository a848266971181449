"""ai.generate with tools: what the model is offered, what comes of its calls, and how often."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice_core import credentials, wire
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.runs import World, a_constant, a_job
from testkit.vendors.openai import KEY, OpenAI, calls, openai, says

PRICE = a_constant(
    "price",
    "{{ inputs.prices[data.sku] }}",
    needs=[],
    description="The price of an article in EUR",
    parameters={
        "type": "object",
        "required": ["sku"],
        "properties": {"sku": {"type": "string"}},
        "additionalProperties": False,
    },
)
STOCK = a_constant("stock", {"left": 4}, needs=[])


@pytest.fixture
async def server() -> AsyncIterator[OpenAI]:
    async with openai() as running:
        yield running


async def run(server: OpenAI, *tools: dict[str, Any], **given: Any) -> wire.Finished:
    """A run whose last step asks the model, with these steps as its tools."""
    agent = {
        "name": "agent",
        "action": "ai.generate",
        "credential": "model",
        "needs": [f"{tool['name']}:tools" for tool in tools],
        "with": {"prompt": "What is A?", "model": "m", **given},
    }
    credential = credentials.OpenAI(api_key=KEY, base_url=server.base_url)
    job = a_job(*tools, agent, inputs={"prices": {"a": 3}})
    async with client(Guard(Egress(("127.0.0.0/8",)))) as http:
        return await World().run(job, http=lambda: http, credential=lambda _: credential)


def told(server: OpenAI) -> list[Any]:
    """What the model was told that its calls gave, in its last request."""
    said = [m["content"] for m in server.requests[-1]["messages"] if m["role"] == "tool"]
    return [json.loads(text) for text in said]


async def test_a_tool_is_a_function_whose_result_the_model_is_told(server: OpenAI) -> None:
    server.script = [calls(("price", {"sku": "a"}), ("stock", {})), says("3 EUR, four left.")]

    end = await run(server, PRICE, STOCK)

    assert end.output == {"text": "3 EUR, four left."}
    assert told(server) == [3, {"left": 4}]
    [price, stock] = [tool["function"] for tool in server.requests[0]["tools"]]
    assert price == {
        "name": "price",
        "description": "The price of an article in EUR",
        "parameters": PRICE["parameters"],
    }
    assert stock == {"name": "stock", "parameters": {"type": "object"}}


MISTAKES: dict[str, tuple[tuple[str, Any], dict[str, str]]] = {
    "a tool that is not there": (
        ("prize", {}), {"reason": "UnknownTool", "message": "known are price"},
    ),
    "arguments that are no JSON": (
        ("price", "{'sku'}"),
        {
            "reason": "InvalidArguments",
            "message": "not JSON: unexpected character, expected a string key: "
            "line 1 column 2 (char 1)",
        },
    ),
    "arguments that are no object": (
        ("price", "[1]"), {"reason": "InvalidArguments", "message": "not a JSON object"},
    ),
    "arguments that the tool's parameters do not allow": (
        ("price", {"sku": "a", "vat": True}),
        {"reason": "InvalidArguments", "message": "price: arguments.vat: is not allowed"},
    ),
    "a tool that fails": (
        ("price", {"sku": "b"}),
        {
            "reason": "TemplateUndefined",
            "message": "with.template: 'dict object' has no attribute 'b'",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "said"), MISTAKES.values(), ids=MISTAKES)
async def test_what_goes_wrong_with_a_call_is_told_to_the_model(
    server: OpenAI, call: tuple[str, Any], said: dict[str, str]
) -> None:
    server.script = [calls(call), says("I do not know.")]

    end = await run(server, PRICE)

    assert end.output == {"text": "I do not know."}
    assert told(server) == [{"error": said}]


async def test_rounds_are_bounded(server: OpenAI) -> None:
    server.busiest = calls(("price", {"sku": "a"}))

    end = await run(server, PRICE, maxToolRounds=2)

    assert end.message.startswith("step agent: the model still calls tools (price) after 2 rounds;")
    assert len(server.requests) == 3


async def test_tools_and_a_repair_go_together(server: OpenAI) -> None:
    server.script = [
        calls(("price", {"sku": "a"})),
        says("three"),
        calls(("price", {"sku": "a"})),
        says('{"eur": 3}'),
    ]

    end = await run(server, PRICE, schema={"type": "object", "required": ["eur"]})

    assert end.output == {"json": {"eur": 3}}
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user", "assistant", "tool"]


async def test_calls_that_are_cut_off_are_not_made(server: OpenAI) -> None:
    server.script = [calls(("price", '{"sku": "'), finish="length")]

    end = await run(server, PRICE)

    assert end.message.startswith("step agent: the answer was cut off")
