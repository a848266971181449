"""The forms of requests and answers, as pydantic models: requests are read by them, answers only
described, for OpenAPI and for the tests that hold answers to them.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, RootModel, StrictBool
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
        default_factory=dict, validation_alias=AliasChoices("inputs", "triggerInputs")
    )


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


class WorkflowForm(RootModel[dict[str, Any]]):
    """A workflow: `{"spec": {…}}` of our own kind, or the form of another product.

    Nodes and connections, ordered steps with a schedule, an event by number, an entity type, a
    definition with a trigger: which one it is, is told by its fields. See docs/migrating.md.
    """


class Remark(BaseModel):
    """Something that is odd, or was carried over otherwise than it was written."""

    type: str
    path: str = ""
    message: str


class WorkflowSummary(Answer):
    """A workflow in a list."""

    id: str = Field(description="Name of the Workflow.")
    name: str = Field(description="What people call it.")
    description: str
    namespace: str
    organization_id: str
    status: Literal["draft", "active", "paused", "archived"]
    enabled: bool
    version: int | None
    valid: bool | None = Field(description="Null before the operator has looked at it.")
    deployment_status: str | None
    tags: list[str]
    triggers: list[str]
    steps_count: int
    last_run_at: datetime | None
    next_run_at: datetime | None
    owner_id: str | None
    visibility: Literal["private", "tenant", "shared"]
    is_public: bool
    is_template: bool
    created_at: datetime | None
    updated_at: datetime | None
    url: str


class WorkflowDetail(WorkflowSummary):
    """A workflow by itself; `spec` is all of it, the rest says it in other products' words."""

    nodes: list[dict[str, Any]]
    connections: list[dict[str, Any]]
    settings: dict[str, Any]
    shared_with: list[str]
    lifecycle_policy: dict[str, Any]
    stopped_reason: str | None
    scopes: list[str]
    warnings: list[dict[str, Any]]
    remarks: list[Remark] = []
    conditions: list[dict[str, Any]]
    trigger_url: str | None
    spec: dict[str, Any]
    resource_version: str


class WorkflowMade(WorkflowDetail):
    """A workflow that was made."""

    workflow_id: str


class WorkflowList(Answer):
    """A page of workflows."""

    count: int = Field(description="How many there are in all.")
    limit: int
    offset: int
    workflows: list[WorkflowSummary]
    following: str | None = Field(None, alias="continue")


class AnyForm(RootModel[dict[str, Any]]):
    """A part of a workflow, in our own form or that of another product."""


Paths = Annotated[
    dict[str, Annotated[str, Field(min_length=1, max_length=256)]],
    Field(max_length=100, description="Name to dotted path."),
]


class MappingsForm(Form):
    """Which values a step's templates see by which names."""

    mappings: Paths


class PassthroughForm(Form):
    """Which values go through a step unchanged."""

    values: Paths


class MappingsAnswer(Answer):
    """What was set."""

    node_id: str
    workflow_id: str
    input_mappings: dict[str, str]


class PassthroughAnswer(BaseModel):
    """What was set."""

    model_config = ConfigDict(extra="forbid")

    nodeId: str  # noqa: N815 - passThroughValues is not what an alias generator would make
    workflowId: str  # noqa: N815
    passThroughValues: dict[str, str]  # noqa: N815


class NodeAnswer(Answer):
    """A step as a node."""

    node_id: str
    workflow_id: str
    node: dict[str, Any]
    remarks: list[Remark] = []


class NodeList(Answer):
    """All steps as nodes, with how they are connected."""

    workflow_id: str
    count: int
    nodes: list[dict[str, Any]]


class NodeGone(Answer):
    """A step that was removed."""

    removed: bool
    node_id: str
    removed_connections: int
    workflow_id: str


class ConnectionAnswer(Answer):
    """A connection that was made."""

    connection_id: str
    workflow_id: str
    connection: dict[str, str]


class ConnectionGone(Answer):
    """A connection that was removed."""

    removed: bool
    connection_id: str
    workflow_id: str
    warnings: list[dict[str, str]] = []


class ScheduleAnswer(Answer):
    """When a workflow runs by the clock."""

    workflow_id: str
    cron_expression: str
    timezone: str
    enabled: bool
    last_run_at: datetime | None
    next_run_at: datetime | None


class Discovered(BaseModel):
    """An active workflow of an app, and where it is triggered."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    description: str
    trigger_type: str
    mode: Literal["production"]
    endpoints: dict[str, str]
    deployment: dict[str, str]


class StatusForm(Form):
    """A state for a workflow."""

    status: Literal["draft", "active", "paused", "archived"]


class DuplicateForm(Form):
    """What a copy is called."""

    name: str | None = Field(None, min_length=1, max_length=250)


class FoundAnswer(Answer):
    """Something that validation found."""

    type: str
    path: str
    message: str
    node_id: str | None = None


class ValidationAnswer(Answer):
    """What validation found."""

    workflow_id: str
    valid: bool
    errors: list[FoundAnswer]
    warnings: list[FoundAnswer]
    node_count: int
    connection_count: int


class LayoutAnswer(Answer):
    """What was moved."""

    workflow_id: str
    changed: bool
    nodes_repositioned: int


class ScopesAnswer(Answer):
    """What a workflow may use."""

    workflow_id: str
    scopes: list[str]


class StatsAnswer(Answer):
    """How many workflows there are."""

    total: int
    active: int
    paused: int
    draft: int
    archived: int


class ProblemAnswer(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["urn:sluice:problem:WorkflowPaused"])
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class Health(BaseModel):
    """Whether the gateway can do its work, and what it lacks."""

    status: Literal["ok", "unavailable"]
    waiting_for: list[str] = []
