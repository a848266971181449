"""Hold the inputs of a run to the schema of its workflow."""

from functools import lru_cache
from itertools import islice
from typing import Any, NoReturn

import jsonschema_rs
import orjson

from sluice_gateway.flows import Flow
from sluice_gateway.limits import RUN_BYTES
from sluice_gateway.problems import Fault, Problem

_SHOWN = 20


def check_inputs(flow: Flow, inputs: dict[str, Any]) -> None:
    """Raises Problem 413 or 422, or 409 when the schema itself cannot be used."""
    size = len(orjson.dumps(inputs))
    if size > RUN_BYTES:
        detail = f"the inputs take {size} bytes, and a run may have {RUN_BYTES}"
        raise Problem(413, "InputsTooLarge", detail)
    if flow.schema is None:
        return
    try:
        validator = _validator(flow.schema)
    except ValueError as error:
        detail = f'the workflow "{flow.name}" cannot run: its inputs schema is wrong: {error}'
        raise Problem(409, "WorkflowInvalid", detail) from error
    faults = [_fault(error) for error in islice(validator.iter_errors(inputs), _SHOWN)]
    if faults:
        detail = f'the inputs do not fit the workflow "{flow.name}"'
        raise Problem(422, "InvalidInputs", detail, faults)


@lru_cache(maxsize=1000)
def _validator(schema: bytes) -> jsonschema_rs.Validator:
    """Compiled once. References stay inside the schema, expressions cannot backtrack."""
    return jsonschema_rs.Draft202012Validator(
        orjson.loads(schema),
        validate_formats=True,
        retriever=_refuse,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"a reference may not leave the schema: {uri}")


def _fault(error: jsonschema_rs.ValidationError) -> Fault:
    path = ".".join(["inputs", *map(str, error.instance_path)])
    return Fault(path, error.message)
