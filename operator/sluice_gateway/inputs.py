"""Hold the inputs of a run to the schema of its workflow, before there is a run."""

from typing import Any

import orjson

from sluice_core import inputs as core
from sluice_gateway.flows import Flow
from sluice_gateway.limits import RUN_BYTES
from sluice_gateway.problems import Fault, Problem


def check_inputs(flow: Flow, spec: dict[str, Any]) -> None:
    """Judge those of a run's spec, and the size of all that it brings along.

    Raises Problem 413 or 422, or 409 when the schema itself cannot be used.
    """
    inputs = spec["inputs"]
    brought = [inputs, spec["trigger"].get("payload"), *map(spec.get, ("definition", "entities"))]
    size = sum(len(orjson.dumps(one)) for one in brought if one is not None)
    if size > RUN_BYTES:
        detail = f"the inputs take {size} bytes, and a run may have {RUN_BYTES}"
        raise Problem(413, "InputsTooLarge", detail)
    definition = spec.get("definition")
    try:
        findings = core.check(definition.get("inputs") if definition else flow.schema, inputs)
    except core.InvalidSchema as error:
        detail = f'the workflow "{flow.name}" cannot run: its inputs schema is wrong: {error}'
        raise Problem(409, "WorkflowInvalid", detail) from error
    if findings:
        faults = [Fault(found.path, found.message, found.hint) for found in findings]
        detail = f'the inputs do not fit the workflow "{flow.name}"'
        raise Problem(422, "InvalidInputs", detail, faults)
