"""Hold the inputs of a run against the workflow's JSON Schema, and judge that schema."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from sluice_core import plain, schemas
from sluice_core.finding import Finding, FindingType
from sluice_core.schemas import InvalidSchema, Violation, properties

__all__ = ["InvalidSchema", "check", "check_schema", "properties"]

BYTES = 128 * plain.KIB  # of a run's inputs as JSON
MESSAGE_BYTES = 300
FIELD = "inputs"


def check(schema: Mapping[str, JsonValue] | None, inputs: Mapping[str, JsonValue]) -> list[Finding]:
    """What is wrong with the inputs, each with its path, such as `inputs.day`.

    InvalidSchema where the schema itself is at fault.
    """
    values = dict(inputs)
    try:
        size = len(plain.encode(values))
    except plain.NotPlain as error:
        return [Finding(type="InvalidInputs", path=FIELD, message=str(error))]
    if size > BYTES:
        message = f"{size} bytes as JSON; a run may have {BYTES // plain.KIB} KiB"
        return [Finding(type="InvalidInputs", path=FIELD, message=message)]
    if schema is None:
        return []
    return _findings("InvalidInputs", schemas.violations(schema, values))


def check_schema(schema: Mapping[str, JsonValue], field: str = FIELD) -> list[Finding]:
    """What is wrong with a schema; its `$ref` may lead to its own parts alone."""
    return _findings("InvalidSchema", schemas.faults(schema), field)


def _findings(
    type_: FindingType, violations: Iterable[Violation], field: str = FIELD
) -> list[Finding]:
    return [
        Finding(
            type=type_,
            path=plain.cut(one.path(field), MESSAGE_BYTES),
            message=plain.cut(one.message, MESSAGE_BYTES),
            hint=one.hint,
        )
        for one in violations
    ]
