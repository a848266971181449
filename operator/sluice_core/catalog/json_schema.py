"""A JSON Schema as a parameter of an action."""

from typing import Annotated

from pydantic import AfterValidator, JsonValue

from sluice_core import schemas, templates


def _is_schema(schema: dict[str, JsonValue] | bool) -> dict[str, JsonValue] | bool:
    """Judged where it is complete: templates in it are filled in before the step runs."""
    found = [] if _has_templates(schema) else schemas.faults(schema)
    if found:
        raise ValueError("; ".join(f"{one.path('schema')}: {one.message}" for one in found[:3]))
    return schema


def _has_templates(value: JsonValue) -> bool:
    match value:
        case str():
            return templates.is_template(value)
        case dict():
            return any(map(_has_templates, value.values()))
        case list():
            return any(map(_has_templates, value))
        case _:
            return False


AnySchema = Annotated[dict[str, JsonValue] | bool, AfterValidator(_is_schema)]
ObjectSchema = Annotated[dict[str, JsonValue], AfterValidator(_is_schema)]
