"""The forms of requests and answers, as pydantic models: requests are read by them, answers only
described, for OpenAPI and for the tests that hold answers to them.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel

from sluice_core.api import bounds

NamespaceName = Annotated[
    str, Path(pattern=bounds.LABEL, max_length=63, description="A namespace.")
]
WorkflowName = Annotated[str, Path(pattern=bounds.LABEL, max_length=50, description="A workflow.")]
RunName = Annotated[str, Path(pattern=bounds.LABEL, max_length=63, description="A run.")]

Inputs = Annotated[
    dict[str, Any],
    Field(description="Inputs of the run, checked against the workflow's own schema."),
]
RunState = Literal["pending", "running", "retrying", "succeeded", "failed", "cancelled"]
Phase = Literal["Pending", "Running", "Retrying", "Succeeded", "Failed", "Cancelled"]


class Form(BaseModel):
    """A request's body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    definition: dict[str, Any] | None = Field(
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


class NoForm(Form):
    """A body without fields."""


class Answer(BaseModel):
    """An answer in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class RunError(BaseModel):
    """Why a run did not succeed."""

    reason: str = Field(description="One CamelCase word.")
    message: str


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


class RunSummary(Answer):
    """A run in a list."""

    execution_id: str = Field(description="Name of the WorkflowRun.")
    workflow_id: str = Field(description="Name of the Workflow.")
    namespace: str
    status: RunState
    trigger: dict[str, Any]
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    revision: int | None = None
    attempt: int | None = None
    progress: dict[str, int] | None = None
    error: RunError | None = None
    url: str


class RunDetail(RunSummary):
    """A run by itself."""

    inputs: dict[str, Any]
    cancel_requested: bool
    runner: str | None = None
    steps: list[dict[str, Any]] = []
    failed_entities: list[str] = []
    conditions: list[dict[str, Any]] = []
    output: Any = None
    truncated: bool = False


class RunList(BaseModel):
    """A page of runs, the newest of the page first."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(description="How many runs this page has.")
    limit: int
    offset: int
    runs: list[RunSummary]
    following: str | None = Field(
        None, alias="continue", description="Give it as `continue` for the next page."
    )


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    path: str
    message: str
    hint: str


class ClearedAnswer(Answer):
    """How many runs were cancelled, and whether there are more."""

    cancelled: int
    more: bool


class LogEntry(Answer):
    """How a step went."""

    id: str
    step_id: str
    status: str
    started_at: datetime | None
    completed_at: datetime | None
    duration_ms: int | None
    attempts: int | None = None
    port: str | None = None
    output: Any = None
    rendered_output: str | None = None
    action_result: Any = None
    truncated: bool = False
    error_message: str | None = None
    error: dict[str, Any] | None = None


class LogAnswer(Answer):
    """How the steps of a run went."""

    execution_id: str
    count: int
    logs: list[LogEntry]


class ProblemAnswer(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["urn:sluice:problem:WorkflowPaused"])
    title: str
    status: int
    detail: str
    errors: list[Fault] = []
    limit: int | None = Field(None, description="What the namespace's plan admits.")
    used: int | None = Field(None, description="What is used of it, or was asked for.")


class WebhookKey(BaseModel):
    """A key that signs notifications, its id of the key itself."""

    id: str
    public_key: str = Field(description="whpk_ and base64, as Standard Webhooks has it")


class WebhookKeyList(BaseModel):
    """The key in use, and the one before it."""

    keys: list[WebhookKey]


class Health(BaseModel):
    """Whether the gateway can do its work, and what it lacks."""

    status: Literal["ok", "unavailable"]
    waiting_for: list[str] = []
