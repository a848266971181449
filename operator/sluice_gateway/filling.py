"""Make a workflow of a template: its parameters put where the strings name them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from sluice_core import schemas
from sluice_gateway.problems import Fault, not_valid
from sluice_kube.resources import Manifest

_WHOLE = re.compile(r"\{\{-?\s*parameters\.(\w+)\s*-?\}\}")
_BLOCK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])parameters\.(\w+)")
PARAMETERS = "parameters"


def filled(template: Manifest, given: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of the workflow; raises Problem 422 for parameters that do not fit."""
    spec = template["spec"]
    schema = spec.get(PARAMETERS) or {"type": "object", "additionalProperties": False}
    values = _defaults(schema) | dict(given)
    faults = [Fault(one.path(PARAMETERS), one.message, one.hint) for one in _wrong(schema, values)]
    wanted = {name for text in _texts(spec["workflow"]) for name in _named(text)}
    known = {fault.path for fault in faults}
    missing = {f"{PARAMETERS}.{name}" for name in wanted - values.keys()} - known
    faults += [Fault(path, "is required") for path in sorted(missing)]
    if faults:
        raise not_valid(faults, "InvalidParameters")
    made: dict[str, Any] = _put(spec["workflow"], values)
    return made


def _wrong(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[schemas.Violation]:
    try:
        return schemas.violations(schema, dict(values))
    except schemas.InvalidSchema as error:
        return [schemas.Violation((), f"the template's schema cannot be used: {error}")]


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    fields = schema.get("properties", {})
    return {
        name: field["default"]
        for name, field in fields.items()
        if isinstance(field, Mapping) and "default" in field
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _named(text: str) -> set[str]:
    return {name for block in _BLOCK.findall(text) for name in _NAME.findall(block)}


def _put(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _put_into(value, values)
    if isinstance(value, Mapping):
        return {name: _put(inner, values) for name, inner in value.items()}
    return [_put(inner, values) for inner in value] if isinstance(value, list) else value


def _put_into(text: str, values: Mapping[str, Any]) -> Any:
    """A text that is one parameter becomes its value; in an expression it becomes a constant."""
    if whole := _WHOLE.fullmatch(text.strip()):
        return values[whole[1]]

    def block(found: re.Match[str]) -> str:
        if whole := _WHOLE.fullmatch(found[0]):
            value = values[whole[1]]
            return value if isinstance(value, str) else _constant(value)
        return _NAME.sub(lambda name: _constant(values[name[1]]), found[0])

    return _BLOCK.sub(block, text)


def _constant(value: Any) -> str:
    """As templates spell it: JSON, but for null."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_constant(name)}: {_constant(one)}" for name, one in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_constant, value))}]"
    return orjson.dumps(value).decode()
