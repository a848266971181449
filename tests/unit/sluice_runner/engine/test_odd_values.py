"""Values that JSON cannot carry are errors; names that mean something elsewhere are names."""

from typing import Any

import pytest
from pydantic import JsonValue

from sluice_core import definition, validation
from sluice_core.definition import Definition
from sluice_runner.actions.action import Context, Done
from testkit.runs import World, a_constant, a_job, an_action

LOOP: list[Any] = []
LOOP.append(LOOP)
DEEP: list[Any] = []
for _ in range(10_000):
    DEEP = [DEEP]

ODD: dict[str, tuple[Any, str]] = {
    "not a number": (float("nan"), "NaN or an infinite number"),
    "1e400": (float("1e400"), "NaN or an infinite number"),
    "minus infinity, deep inside": ({"a": [{"b": float("-inf")}]}, "NaN or an infinite number"),
    "a number of a thousand digits": (10**1000, "Integer exceeds 64-bit range"),
    "half a surrogate pair": ("\ud800", "surrogates not allowed"),
    "half a surrogate pair as a name": ({"\ud800": 1}, "surrogates not allowed"),
    "bytes that are no text": (b"\xff\xfe", "Type is not JSON serializable: bytes"),
    "a list that contains itself": (LOOP, "Recursion limit"),
    "ten thousand lists inside each other": (DEEP, "Recursion limit"),
    "an object of Python": (object(), "Type is not JSON serializable: object"),
}


@pytest.mark.parametrize(("value", "said"), ODD.values(), ids=ODD)
async def test_as_an_input(value: Any, said: str) -> None:
    world = World()

    end = await world.run(a_job(a_constant("a", 1), inputs={"x": value}))

    assert (end.phase, end.reason) == ("Failed", "InvalidInputs")
    assert said in end.message
    assert world.begun == []


@pytest.mark.parametrize(("value", "said"), ODD.values(), ids=ODD)
async def test_as_the_payload_of_a_trigger(value: Any, said: str) -> None:
    end = await World().run(a_job(a_constant("a", 1), trigger={"payload": value}))

    assert (end.phase, end.reason) == ("Failed", "InvalidInputs")
    assert said in end.message


@pytest.mark.parametrize(("value", "said"), ODD.values(), ids=ODD)
async def test_as_the_output_of_an_action(value: Any, said: str) -> None:
    async def give(_: Any, __: Context) -> Done:
        return Done(output=value)

    world = World(an_action("odd", give))

    end = await world.run(a_job({"name": "a", "action": "odd"}, a_constant("b", "{{ data }}")))

    error = world.ended["a"].error
    assert (end.phase, end.reason) == ("Failed", "StepFailed")
    assert error is not None
    assert (error.failure, error.reason) == ("Permanent", "NotJson")
    assert said in error.message


NUMBERS = ("not a number", "1e400", "a number of a thousand digits", "half a surrogate pair")


@pytest.mark.parametrize("name", NUMBERS)
def test_as_a_value_of_a_definition(name: str) -> None:
    value, said = ODD[name]
    spec = Definition.model_validate({"steps": [a_constant("a", [value])]})

    [found] = validation.check(spec).errors

    assert (found.type, found.path) == ("InvalidValue", "steps[0].with")
    assert said in found.message


RAW: dict[str, bytes] = {
    "bytes that are no text": b'{"steps": [{"name": "\xff", "action": "log"}]}',
    "NaN": b'{"steps": [{"name": "a", "action": "wait", "timeoutSeconds": NaN}]}',
    "half a text": b'{"steps": [{"name": "a',
    "lists inside each other without end": b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_bytes_that_are_no_definition(raw: bytes) -> None:
    with pytest.raises(definition.InvalidDefinition):
        definition.decode(raw)


NAMES: dict[str, JsonValue] = {
    "__class__": {"__init__": {"__globals__": "data"}},
    "__proto__": {"polluted": True},
    "constructor": "text",
    "": "no name",
    "a.b": "a dot",
    "{{ 7 * 7 }}": "{{ 7 * 7 }}",
}


async def test_names_of_other_worlds_are_names() -> None:
    end = await World().run(
        a_job(
            a_constant("a", "{{ inputs }}"),
            a_constant("b", 1, inputs={"x": "data.__class__"}),
            a_constant("c", "{{ steps.a.output }}"),
            inputs=NAMES,
        )
    )

    assert end.output == NAMES


async def test_an_attribute_of_python_is_no_path() -> None:
    end = await World().run(
        a_job(a_constant("a", 1, inputs={"x": "inputs.text.__class__"}), inputs={"text": "t"})
    )

    assert end.reason == "StepFailed"
    assert "'inputs.text' is not an object and has no '__class__'" in end.message


async def test_ten_megabytes_of_inputs() -> None:
    end = await World().run(a_job(a_constant("a", 1), inputs={"x": "y" * (10 * 2**20)}))

    assert (end.phase, end.reason) == ("Failed", "InvalidInputs")
    assert end.message == "inputs: 10485768 bytes as JSON; a run may have 128 KiB"
