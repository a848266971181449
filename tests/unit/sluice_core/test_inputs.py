from typing import Any

import pytest

from sluice_core import inputs, schemas

ORDER = {
    "type": "object",
    "required": ["day"],
    "properties": {
        "day": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "count": {"type": "integer", "maximum": 10},
        "rows": {"items": {"required": ["id"]}},
    },
    "additionalProperties": False,
}
DAY = {"day": "2026-01-31"}
LOOP: dict[str, Any] = {}
LOOP["day"] = LOOP

INPUTS = {
    "valid": (DAY, []),
    "a missing field": ({}, ["inputs.day: is required"]),
    "a wrong type": (DAY | {"count": "x"}, ['inputs.count: "x" is not of type "integer"']),
    "a wrong form": (
        {"day": "today"},
        ['inputs.day: "today" does not match "^\\d{4}-\\d{2}-\\d{2}$"'],
    ),
    "a name that is nearly right": (
        DAY | {"cuont": 1},
        ["inputs.cuont: is not allowed; did you mean 'count'?"],
    ),
    "deep inside": (DAY | {"rows": [{"id": 1}, {}]}, ["inputs.rows[1].id: is required"]),
    "everything at once": (
        {"count": 11},
        ["inputs.count: 11 is greater than the maximum of 10", "inputs.day: is required"],
    ),
    "not a number": (
        DAY | {"count": float("nan")},
        ["inputs: not expressible in JSON: NaN or an infinite number"],
    ),
    "infinity": (
        DAY | {"count": float("1e400")},
        ["inputs: not expressible in JSON: NaN or an infinite number"],
    ),
    "a huge number": (
        DAY | {"count": 10**30},
        ["inputs: not expressible in JSON: Integer exceeds 64-bit range"],
    ),
    "half a surrogate pair": (
        {"day": "\ud800"},
        ["inputs: not expressible in JSON: str is not valid UTF-8: surrogates not allowed"],
    ),
    "data that contains itself": (
        LOOP,
        ["inputs: not expressible in JSON: Recursion limit reached"],
    ),
    "Python's own names are names like others": (
        DAY | {"__class__": 1},
        ["inputs.__class__: is not allowed; known: count, day, rows"],
    ),
}


@pytest.mark.parametrize(("given", "messages"), INPUTS.values(), ids=INPUTS)
def test_inputs_against_the_schema(given: dict[str, Any], messages: list[str]) -> None:
    assert [str(finding) for finding in inputs.check(ORDER, given)] == messages


def test_without_a_schema_everything_is_an_input() -> None:
    assert inputs.check(None, {"anything": [1]}) == []


def test_a_thousand_errors_are_told_as_twenty() -> None:
    found = inputs.check({"required": [f"k{index}" for index in range(1000)]}, {})

    assert len(found) == schemas.SHOWN


def test_a_long_value_does_not_make_a_long_message() -> None:
    [found] = inputs.check(ORDER, {"day": "x" * 100_000})

    assert len(str(found)) < 1000


SCHEMAS = {
    "an unknown type": ({"properties": {"a": {"type": "objct"}}}, "inputs.properties.a.type"),
    "a bound that is no number": ({"minimum": "x"}, "inputs.minimum"),
    "a reference to elsewhere": ({"$ref": "https://example.com/schema"}, "inputs"),
    "a reference into a file": ({"$ref": "file:///etc/passwd"}, "inputs"),
    "a reference to nothing": ({"$ref": "#/nope"}, "inputs"),
    "a broken pattern": ({"pattern": "("}, "inputs"),
    "a pattern that could take for ever": ({"pattern": "(?=(a+)+$)b"}, "inputs"),
    "a pattern that needs a lot of memory": ({"pattern": "(a{1,1000}){1,1000}"}, "inputs"),
    "not a number": ({"minimum": float("nan")}, "inputs"),
}


@pytest.mark.parametrize(("schema", "path"), SCHEMAS.values(), ids=SCHEMAS)
def test_schemas_that_cannot_be_used(schema: dict[str, Any], path: str) -> None:
    [found] = inputs.check_schema(schema)

    assert (found.type, found.path) == ("InvalidSchema", path)


def test_a_good_schema() -> None:
    assert inputs.check_schema(ORDER) == []


def test_a_bad_schema_is_not_blamed_on_the_inputs() -> None:
    with pytest.raises(inputs.InvalidSchema):
        inputs.check({"type": "objct"}, {})


def test_inputs_are_bounded() -> None:
    frame = len(b'{"x":""}')

    assert inputs.check(None, {"x": "y" * (inputs.BYTES - frame)}) == []
    [found] = inputs.check(None, {"x": "y" * (10 * 2**20)})
    assert str(found) == "inputs: 10485768 bytes as JSON; a run may have 128 KiB"
