"""Judge the definition that a request brings along, before there is a run of it."""

from typing import Any

import orjson
from pydantic import ValidationError

from sluice_core.api.steps import Definition
from sluice_core.validation import check
from sluice_gateway.problems import Fault, Problem, of_validation

_FIELD = "definition"


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """The definition as a run has it; raises Problem 422, naming each field."""
    try:
        text = orjson.dumps(given)
        definition = Definition.model_validate_json(text, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise of_validation([one | {"loc": (_FIELD, *one["loc"])} for one in found]) from error
    faults = [
        Fault(f"{_FIELD}.{one.path}", one.message, one.hint) for one in check(definition).errors
    ]
    if faults or not definition.steps:
        faults = faults or [Fault(f"{_FIELD}.steps", "there are no steps to run")]
        raise Problem(422, "InvalidDefinition", "the definition cannot be run", faults)
    return definition.model_dump(mode="json", by_alias=True, exclude_unset=True)
