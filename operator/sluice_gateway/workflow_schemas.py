"""The forms of requests and answers about workflows, as pydantic models."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from sluice_gateway.schemas import Answer, Form


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
    webhook_keys: dict[str, str] = Field(
        {}, description="Keys of its webhooks that were made for it; told this once."
    )


class WorkflowList(Answer):
    """A page of workflows."""

    count: int = Field(description="How many there are in all.")
    limit: int
    offset: int
    workflows: list[WorkflowSummary]
    following: str | None = Field(None, alias="continue")


class StepForm(RootModel[dict[str, Any]]):
    """A step, in our own form, as a node, or numbered with a template. See docs/migrating.md."""


class ConnectionForm(RootModel[dict[str, Any]]):
    """A connection of two steps by their names, in any spelling: sourceNodeId, targetNodeId.

    Its ports, sourcePort and targetPort, may be left out.
    """


class ScheduleForm(RootModel[dict[str, Any]]):
    """A schedule, in any spelling: cron_expression, timezone, enabled."""


class LifecycleForm(RootModel[dict[str, Any]]):
    """A lifecycle policy, in any spelling: type, idleTimeoutMinutes, schedule. See lifecycle.md."""


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


class StartForm(Form):
    """How many pods an awake runner has."""

    replicas: int | None = Field(None, ge=1, le=100)


class DeployAnswer(Answer):
    """The state that was set."""

    message: str
    workflow_id: str
    status: str


class StopAnswer(Answer):
    """How far the runner is up at this moment; it follows what is asked in seconds."""

    workflow_id: str
    deployment_status: str | None
    replicas: int | None = None


class LifecycleAnswer(Answer):
    """When the runner is up, and whether it is."""

    workflow_id: str
    lifecycle_policy: dict[str, Any]
    deployment_status: str | None
    stopped_reason: str | None
    next_transition_at: datetime | None


class VersionForm(Form):
    """A tag for the current version."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    version_tag: str = Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    description: str = Field("", max_length=1000)


class Version(Answer):
    """A definition that the workflow has had."""

    version: int
    version_tag: str | None
    description: str
    created_by: str | None
    created_at: datetime | None


class VersionList(Answer):
    """All versions that are kept."""

    workflow_id: str
    current_version: int | None
    versions: list[Version]


class VersionMade(Answer):
    """A version that got a tag."""

    workflow_id: str
    version: int
    version_tag: str


class ShareForm(Form):
    """A user's name, as the cluster knows it."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    user_id: str = Field(min_length=1, max_length=253)


class Shared(Answer):
    """A user with whom it is shared; since when is known to the last change of the workflow."""

    user_id: str
    shared_at: datetime | None


class ShareList(Answer):
    """Who sees the workflow besides those whom its visibility lets."""

    workflow_id: str
    shared_with: list[Shared]


class ShareAnswer(Answer):
    """A user with whom it is shared now."""

    message: str
    workflow_id: str
    user_id: str


class HealthAnswer(BaseModel):
    """How the runs went."""

    model_config = ConfigDict(extra="forbid")

    workflowId: str  # noqa: N815 - 24h is not what an alias generator would make
    totalRuns24h: int  # noqa: N815
    successRuns24h: int  # noqa: N815
    failedRuns24h: int  # noqa: N815
    totalRuns7d: int  # noqa: N815
    successRuns7d: int  # noqa: N815
    failedRuns7d: int  # noqa: N815
    totalRuns30d: int  # noqa: N815
    successRuns30d: int  # noqa: N815
    failedRuns30d: int  # noqa: N815
    successRatePercent: float | None  # noqa: N815
    averageDurationMs: int | None  # noqa: N815
    lastRunOn: datetime | None  # noqa: N815
    lastError: str | None  # noqa: N815
