"""switch and validate: choose the way on by a value."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from sluice_core import graph
from sluice_core.catalog.action import ActionType, Params
from sluice_core.catalog.json_schema import AnySchema

DEFAULT = "default"


def _not_the_failures(port: str) -> str:
    if port == graph.ERROR:
        raise ValueError(f"the port '{graph.ERROR}' is for failures, choose another name")
    return port


PortName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,63}$"),
    AfterValidator(_not_the_failures),
]


class SwitchParams(Params):
    """Leave by the port that `cases` gives for `value`, or by `default`.

    A value that is no text is compared in its JSON form: 1, true, null.
    """

    value: JsonValue
    cases: Annotated[dict[str, PortName], Field(min_length=1, max_length=100)]
    default: PortName = DEFAULT


class ValidateParams(Params):
    """Leave by `valid` with the value, or by `invalid` with `{errors: [{path, message}]}`.

    `schema` is a JSON Schema, 2020-12; its `$ref` may lead to its own parts alone.
    """

    schema_: Annotated[AnySchema, Field(alias="schema")]
    value: JsonValue


def _ports_of_switch(config: Mapping[str, JsonValue]) -> tuple[str, ...]:
    cases, default = config.get("cases"), config.get("default", DEFAULT)
    named = [*cases.values(), default] if isinstance(cases, dict) else [default]
    return tuple(port for port in named if isinstance(port, str))


TYPES = (
    ActionType(
        name="switch",
        title="Switch",
        category="logic",
        role="controls",
        params=SwitchParams,
        ports=(),
        named_ports=_ports_of_switch,
        literal=frozenset({"cases", "default"}),
        sample={"value": "{{ data.country }}", "cases": {"DE": "domestic", "AT": "abroad"}},
        repeatable=True,
    ),
    ActionType(
        name="validate",
        title="Validate",
        category="logic",
        role="controls",
        params=ValidateParams,
        ports=("valid", "invalid"),
        sample={
            "schema": {"type": "object", "required": ["id"]},
            "value": "{{ data }}",
        },
        repeatable=True,
    ),
)
