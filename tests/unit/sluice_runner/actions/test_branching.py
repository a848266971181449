"""switch and validate: which port a value leaves by, and with what."""

from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

from sluice_core.catalog import CATALOG
from sluice_runner.actions.action import Done, StepFailed
from testkit.contexts import call

CASES = {"DE": "domestic", "7": "lucky", "true": "yes", "null": "nothing", '{"a":1}': "object"}
SWITCHED: dict[str, tuple[JsonValue, str]] = {
    "a text that is a case": ("DE", "domestic"),
    "a text that is none": ("FR", "default"),
    "the same in another case": ("de", "default"),
    "a number": (7, "lucky"),
    "a boolean": (True, "yes"),
    "null": (None, "nothing"),
    "an object": ({"a": 1}, "object"),
    "a list": ([], "default"),
}


@pytest.mark.parametrize(("value", "port"), SWITCHED.values(), ids=SWITCHED)
async def test_switch(value: JsonValue, port: str) -> None:
    done = await call("switch", value=value, cases=CASES)

    assert done == Done(output=value, port=port)


async def test_switch_to_a_default_of_its_own() -> None:
    done = await call("switch", value=1, cases={"2": "two"}, default="rest")

    assert done.port == "rest"


WRONG_SWITCHES: dict[str, dict[str, Any]] = {
    "no cases": {"value": 1, "cases": {}},
    "a port that is no name": {"value": 1, "cases": {"1": "to the left"}},
    "the port of failures": {"value": 1, "cases": {"1": "error"}},
    "a default that is no name": {"value": 1, "cases": {"1": "a"}, "default": ""},
}


@pytest.mark.parametrize("given", WRONG_SWITCHES.values(), ids=WRONG_SWITCHES)
def test_a_wrong_switch(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CATALOG["switch"].params.model_validate(given)


PORTS: dict[str, tuple[dict[str, JsonValue], tuple[str, ...]]] = {
    "of its cases, each once, then the default": (
        {"cases": {"a": "x", "b": "y", "c": "x"}},
        ("x", "y", "default"),
    ),
    "a default that is a case's port": ({"cases": {"a": "x"}, "default": "x"}, ("x",)),
    "of what is no switch at all": ({"cases": [1], "default": None}, ()),
    "without a configuration": ({}, ("default",)),
}


@pytest.mark.parametrize(("config", "ports"), PORTS.values(), ids=PORTS)
def test_the_ports_of_a_switch(config: dict[str, JsonValue], ports: tuple[str, ...]) -> None:
    assert CATALOG["switch"].ports_of(config) == ports


ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {"line": {"properties": {"price": {"type": "number", "minimum": 0}}}},
}


async def test_a_valid_value_goes_on_as_it_is() -> None:
    order = {"id": "o-1", "lines": [{"price": 1.5}]}

    done = await call("validate", schema=ORDER, value=order)

    assert done == Done(output=order, port="valid")


async def test_an_invalid_value_is_told_with_paths() -> None:
    done = await call("validate", schema=ORDER, value={"lines": [{"price": 1}, {"price": -1}]})

    assert done.port == "invalid"
    assert done.output == {
        "errors": [
            {"path": "id", "message": "is required"},
            {"path": "lines[1].price", "message": "-1 is less than the minimum of 0"},
        ]
    }


@pytest.mark.parametrize(("schema", "port"), [(True, "valid"), (False, "invalid")])
async def test_a_schema_that_takes_all_or_nothing(schema: bool, port: str) -> None:
    assert (await call("validate", schema=schema, value=1)).port == port


BAD_SCHEMAS: dict[str, tuple[Any, str]] = {
    "a keyword of the wrong type": ({"minimum": "x"}, 'schema.minimum: "x" is not of type'),
    "a pattern that does not compile": ({"pattern": "("}, "schema"),
    "a schema on another host": ({"$ref": "https://example.com/s.json"}, "example.com"),
    "a schema on the disk": ({"$ref": "file:///etc/passwd"}, "passwd"),
    "a part that is not there": ({"$ref": "#/$defs/nope"}, "nope"),
    "no schema": ([1], "dict"),
}


@pytest.mark.parametrize(("schema", "said"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_a_schema_that_cannot_be_used_is_refused_before_it_runs(schema: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CATALOG["validate"].params.model_validate({"schema": schema, "value": 1})


def test_a_schema_with_templates_is_judged_when_they_are_filled_in() -> None:
    given = {"schema": {"minimum": "{{ inputs.least }}"}, "value": 1}

    params = CATALOG["validate"].params.model_validate(given)

    assert params.model_dump(by_alias=True) == given


async def test_a_schema_that_is_wrong_after_all_fails_the_step() -> None:
    with pytest.raises(StepFailed) as failed:
        await call("validate", schema={"pattern": "({{"}, value="x")

    assert failed.value.reason == "InvalidSchema"


@pytest.mark.parametrize("name", ["switch", "validate"])
async def test_a_value_that_is_not_json_fails_the_step(name: str) -> None:
    more: dict[str, Any] = {"cases": {"a": "b"}} if name == "switch" else {"schema": True}
    with pytest.raises(StepFailed) as failed:
        await call(name, value=[float("nan")], **more)

    assert failed.value.reason == "NotJson"
