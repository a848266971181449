"""The forms of requests and answers about events, messages and e-mail."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, RootModel

from sluice_gateway.schemas.form import Answer, Form

Label = Annotated[str, Field(min_length=1, max_length=253)]


class EventForm(Form):
    """An event that a program publishes."""

    event_type: Label
    event_data: JsonValue = Field(default_factory=dict, description="What triggers match and get.")
    source: str = Field("platform", min_length=1, max_length=2048, description="Who says it.")
    event_id: str | None = Field(
        None, min_length=1, max_length=1024, description="Unique in its source; else made here."
    )


class EventResult(BaseModel):
    """What came of an event for one trigger of a workflow."""

    model_config = ConfigDict(extra="forbid")

    workflowId: str  # noqa: N815 - as callers of S4 know it
    workflowName: str  # noqa: N815
    trigger: str
    status: Literal["started", "skipped", "refused"]
    executionId: str | None = Field(None, description="Name of the WorkflowRun.")  # noqa: N815
    url: str | None = None
    reason: str | None = Field(None, description="Why there is no run, as one CamelCase word.")
    message: str | None = Field(None, description="Why there is no run, for people.")


class EventAnswer(BaseModel):
    """What came of an event."""

    model_config = ConfigDict(extra="forbid")

    id: str
    source: str
    event_type: str
    workflows_triggered: int = Field(description="How many runs there are.")
    workflows_failed: int = Field(description="How many triggers match, but were refused.")
    workflows_skipped: int = Field(description="How many triggers of this type do not match.")
    results: list[EventResult]


class EventsAnswer(BaseModel):
    """What came of the events of a batch."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventAnswer]


class Emitted(RootModel[EventAnswer | EventsAnswer]):
    """What came of an event, or of each in a batch."""


class EventVariable(BaseModel):
    """A place in the data of an event."""

    path: str
    type: Literal["text", "number", "boolean", "list", "object", "null"]
    template: str


class EventTypeAnswer(BaseModel):
    """A type of events."""

    number: int | None = None
    name: str
    title: str
    variables: list[EventVariable]
    sample: dict[str, Any]


class EventTypes(Answer):
    """The catalogue."""

    count: int
    event_types: list[EventTypeAnswer]


class QueueForm(BaseModel):
    """A message for a workflow; without `message` the whole body is one."""

    model_config = ConfigDict(extra="allow", frozen=True)

    message: Any = Field(
        None, validation_alias=AliasChoices("message", "data"), description="Any JSON."
    )
    priority: int = Field(0, ge=-1000, le=1000, strict=True, description="Higher goes first.")
    source: Label = "rest_api"


class MessageAnswer(Answer):
    """What came of a message or an e-mail."""

    execution_id: str = Field(description="Name of the WorkflowRun.")
    workflow_id: str = Field(description="Name of the Workflow.")
    trigger_type: Literal["queue", "email"] = Field(alias="trigger_type")
    status: Literal["queued"]
    url: str
    warnings: list[str] = []
