"""workflow.run: run another workflow of the same namespace."""

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from sluice_core.api.bounds import LABEL
from sluice_core.catalog.action import ActionType, Params

WorkflowName = Annotated[str, StringConstraints(pattern=LABEL, max_length=50)]


class WorkflowRunParams(Params):
    """The output is `{run, phase, output, truncated}` of the child.

    With `wait` the step ends when the child has ended, and fails unless that succeeded; without,
    it ends once the child exists.
    """

    workflow: WorkflowName
    inputs: dict[str, JsonValue] = {}
    wait: Annotated[bool, Field(strict=True)] = True


TYPES = (
    ActionType(
        name="workflow.run",
        title="Run a workflow",
        category="workflow",
        role="controls",
        params=WorkflowRunParams,
        sample={"workflow": "invoice", "inputs": {"order": "{{ data.id }}"}},
        failures=("Transient", "Permanent"),
        repeatable=True,
    ),
)
