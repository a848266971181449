"""Hold the inputs of a run against the workflow's JSON Schema: 2020-12, nothing fetched."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice

import jsonschema_rs
import orjson
from jsonschema_rs import ValidationErrorKind as Kind
from pydantic import JsonValue

from sluice_core import plain
from sluice_core.finding import Finding, FindingType, did_you_mean

FINDINGS = 20  # the first ones; a list of thousands helps nobody
MESSAGE_BYTES = 300
REGEX_BYTES = 1 << 20
FIELD = "inputs"
_META_SCHEMA = {"$ref": "https://json-schema.org/draft/2020-12/schema"}


class InvalidSchema(ValueError):  # noqa: N818 - named as it is said
    """A JSON Schema that cannot be used."""


def check(schema: Mapping[str, JsonValue] | None, inputs: Mapping[str, JsonValue]) -> list[Finding]:
    """What is wrong with the inputs, each with its path, such as `inputs.day`.

    `format` is an annotation, as the standard has it; `pattern` is what refuses a text.
    InvalidSchema where the schema itself is at fault.
    """
    values = dict(inputs)
    try:
        plain.encode(values)
    except plain.NotPlain as error:
        return [Finding(type="InvalidInputs", path=FIELD, message=str(error))]
    if schema is None:
        return []
    errors = _validator(_encoded(schema)).iter_errors(values)
    found = (finding for error in errors for finding in _findings(error, schema))
    return list(islice(found, FINDINGS))


def check_schema(schema: Mapping[str, JsonValue]) -> list[Finding]:
    """What is wrong with a schema; its `$ref` may lead to its own parts alone."""
    try:
        raw = _encoded(schema)
        errors = _validator(orjson.dumps(_META_SCHEMA)).iter_errors(dict(schema))
        found = [
            _finding("InvalidSchema", error.instance_path, error.message)
            for error in islice(errors, FINDINGS)
        ]
        if not found:
            _validator(raw)
    except InvalidSchema as error:
        return [_finding("InvalidSchema", [], str(error))]
    return found


def properties(schema: Mapping[str, JsonValue] | None) -> tuple[str, ...]:
    """The names of the inputs that a schema describes."""
    described = (schema or {}).get("properties")
    return tuple(described) if isinstance(described, dict) else ()


def _encoded(schema: Mapping[str, JsonValue]) -> bytes:
    try:
        return plain.encode(dict(schema))
    except plain.NotPlain as error:
        raise InvalidSchema(str(error)) from error


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            orjson.loads(schema),
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=REGEX_BYTES),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise InvalidSchema(getattr(error, "message", str(error))) from error
    except ValueError as error:
        raise InvalidSchema(str(error)) from error


def _findings(
    error: jsonschema_rs.ValidationError, schema: Mapping[str, JsonValue]
) -> Iterator[Finding]:
    """An error that is about a property is put where the property is."""
    where, kind = list(error.instance_path), error.kind
    match kind:
        case Kind.Required():
            yield _finding("InvalidInputs", [*where, kind.property], "is required")
        case Kind.AdditionalProperties():
            known = () if where else properties(schema)
            for name in kind.unexpected:
                hint = did_you_mean(name, known)
                yield _finding("InvalidInputs", [*where, name], "is not allowed", hint)
        case _:
            yield _finding("InvalidInputs", where, error.message)


def _finding(
    type_: FindingType, where: Iterable[str | int], message: str, hint: str = ""
) -> Finding:
    path = FIELD + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in where)
    return Finding(
        type=type_,
        path=plain.cut(path, MESSAGE_BYTES),
        message=plain.cut(message, MESSAGE_BYTES),
        hint=hint,
    )
