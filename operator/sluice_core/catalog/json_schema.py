"""A JSON Schema as a parameter of an action."""

from typing import Annotated

from pydantic import AfterValidator, JsonValue

from sluice_core import schemas, templates


def _is_schema(schema: dict[str, JsonValue] | bool) -> dict[str, JsonValue] | bool:
    """Judged where it is complete: templates in it are filled in before the step runs."""
    found = [] if templates.within(schema) else schemas.faults(schema)
    if found:
        raise ValueError("; ".join(f"{one.path('schema')}: {one.message}" for one in found[:3]))
    return schema


AnySchema = Annotated[dict[str, JsonValue] | bool, AfterValidator(_is_schema)]
ObjectSchema = Annotated[dict[str, JsonValue], AfterValidator(_is_schema)]
