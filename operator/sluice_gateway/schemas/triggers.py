"""What triggers a run, and what comes of it."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool

from sluice_core.api.steps import Definition
from sluice_gateway.schemas.dialects.written import described_as
from sluice_gateway.schemas.form import Answer, Form
from sluice_gateway.schemas.runs import RunError

Inputs = Annotated[
    dict[str, Any],
    Field(description="Inputs of the run, checked against the workflow's own schema."),
]


class TriggerForm(Form):
    """What a trigger takes."""

    trigger_type: str = Field("api", max_length=253, description="A label: what triggers it.")
    inputs: Inputs = Field(default_factory=dict)
    sync: StrictBool = Field(False, description="Answer with the result, or after 300 s with 202.")


class RunForm(Form):
    """What a run by hand takes."""

    inputs: Inputs = Field(
        default_factory=dict,
        validation_alias=AliasChoices("inputs", "triggerInputs", "trigger_data"),
    )
    entities: list[Annotated[str, Field(min_length=1, max_length=253)]] = Field(
        [],
        max_length=10_000,
        validation_alias=AliasChoices("entities", "entityIds"),
        description="Ids; the workflow runs once for each.",
    )
    definition: Annotated[dict[str, Any] | None, described_as(Definition | None)] = Field(
        None, description="Executed in place of the version; needs create workflows/execute."
    )
    priority: int = Field(0, ge=-1000, le=1000, strict=True, description="Higher goes first.")


class TestForm(Form):
    """What a test run takes; without a payload it has a sample."""

    event_payload: Any = Field(
        None,
        validation_alias=AliasChoices("eventPayload", "EventPayloadJson", "eventPayloadJson"),
        description="What the trigger would bring along: JSON, or JSON in a text.",
    )
    trigger: str | None = Field(
        None, max_length=63, description="Name of the trigger whose sample is taken."
    )

    @property
    def is_given(self) -> bool:
        """Whether there is a payload."""
        return self.event_payload is not None


class TriggerAnswer(BaseModel):
    """What came of a trigger."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["started", "succeeded", "failed", "cancelled"]
    execution_id: str = Field(description="Name of the WorkflowRun.")
    workflow_id: str = Field(description="Name of the Workflow.")
    output: Any = Field(description="Output of the last steps; {} while the run goes on.")
    url: str = Field(description="Where the run is found.")
    truncated: bool = Field(False, description="Whether the output was cut for want of room.")
    error: RunError | None = None


class RunAnswer(Answer):
    """What came of a run by hand."""

    execution_id: str = Field(description="Name of the WorkflowRun.")
    workflow_id: str = Field(description="Name of the Workflow.")
    status: Literal["queued"]
    url: str = Field(description="Where the run is found.")
