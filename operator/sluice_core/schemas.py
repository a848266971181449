"""Hold a value against a JSON Schema of the author's own: 2020-12, nothing fetched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal

import jsonschema_rs
import orjson
from jsonschema_rs import ValidationErrorKind as Kind
from pydantic import JsonValue

from sluice_core import plain
from sluice_core.finding import did_you_mean

SHOWN = 20  # the first ones; a list of thousands helps nobody
REGEX_BYTES = 1 << 20
_META_SCHEMA = {"$ref": "https://json-schema.org/draft/2020-12/schema"}

Schema = Mapping[str, JsonValue] | bool


class InvalidSchema(ValueError):  # noqa: N818 - named as it is said
    """A JSON Schema that cannot be used."""


@dataclass(frozen=True)
class Violation:
    """What is wrong, and the keys and indexes that lead there; `kind` is of fields of objects."""

    where: tuple[str | int, ...]
    message: str
    hint: str = ""
    kind: Literal["missing", "unknown"] | None = None

    def path(self, root: str = "") -> str:
        """As in `lines[0].price`."""
        keys = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.where)
        return f"{root}{''.join(keys)}".removeprefix(".")


def violations(schema: Schema, value: JsonValue) -> list[Violation]:
    """What is wrong with a value that JSON can express; InvalidSchema where the schema is.

    `format` is an annotation, as the standard has it; `pattern` is what refuses a text.
    """
    errors = _validator(_encoded(schema)).iter_errors(value)
    found = (violation for error in errors for violation in _of_error(error, schema))
    return list(islice(found, SHOWN))


def faults(schema: Schema) -> list[Violation]:
    """What is wrong with a schema itself; its `$ref` may lead to its own parts alone."""
    try:
        raw = _encoded(schema)
        errors = _validator(orjson.dumps(_META_SCHEMA)).iter_errors(_plain(schema))
        found = [
            Violation(tuple(error.instance_path), error.message) for error in islice(errors, SHOWN)
        ]
        if not found:
            _validator(raw)
    except InvalidSchema as error:
        return [Violation((), str(error))]
    return found


def properties(schema: Schema | None) -> tuple[str, ...]:
    """The names that a schema describes."""
    described = schema.get("properties") if isinstance(schema, Mapping) else None
    return tuple(described) if isinstance(described, dict) else ()


def _plain(schema: Schema) -> JsonValue:
    return schema if isinstance(schema, bool) else dict(schema)


def _encoded(schema: Schema) -> bytes:
    try:
        return plain.encode(_plain(schema))
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


def _of_error(error: jsonschema_rs.ValidationError, schema: Schema) -> Iterator[Violation]:
    """An error that is about a property is put where the property is."""
    where: Sequence[str | int] = error.instance_path
    match error.kind:
        case Kind.Required() as kind:
            yield Violation((*where, kind.property), "is required", kind="missing")
        case Kind.AdditionalProperties() as kind:
            known = () if where else properties(schema)
            for name in kind.unexpected:
                hint = did_you_mean(name, known)
                yield Violation((*where, name), "is not allowed", hint, kind="unknown")
        case _:
            yield Violation(tuple(where), error.message)
