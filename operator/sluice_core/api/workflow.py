"""Workflow: triggers, a graph of steps, and when its runner is up."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_core.api.bounds import (
    DottedPath,
    EgressEntry,
    LabelName,
    LongText,
    SecretKey,
    ShortText,
    Tag,
    Url,
)
from sluice_core.api.kind import A_SET, KEYED_BY_NAME, Column, Kind
from sluice_core.api.lifecycle import Lifecycle, Runner
from sluice_core.api.meta import Resource, Spec, named_by_a_label
from sluice_core.api.rules import Rule
from sluice_core.api.steps import Definition
from sluice_core.api.triggers import ConcurrencyPolicy, Trigger
from sluice_core.api.workflow_status import WorkflowStatus

WorkflowState = Literal["Draft", "Active", "Paused", "Archived"]
Visibility = Literal["Private", "Tenant", "Shared"]
KeptOutputs = Literal["Redacted", "None"]
RunEvent = Literal[
    "workflows.run.started",
    "workflows.run.completed",
    "workflows.run.failed",
    "workflows.step.failed",
]
Principal = Annotated[str, Field(min_length=1, max_length=253)]


class Concurrency(Spec):
    """How many runs go on at once, whatever set them off."""

    policy: ConcurrencyPolicy = Field("Allow", description="What happens to a run above the limit.")
    limit: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Runs at a time; with policy Forbid, Replace or Queue 1 when absent.",
    )
    key: DottedPath | None = Field(
        None, description="A dotted path; runs are counted by its value."
    )
    min_interval_seconds: int = Field(
        0, ge=0, le=86400, description="Runs closer together than this are refused."
    )


class Egress(Spec):
    """Where the runner may connect to."""

    allow: tuple[EgressEntry, ...] = Field(
        (),
        max_length=100,
        json_schema_extra=A_SET,
        description="Hosts, host:port or CIDR beyond public HTTPS; only what the plan permits.",
    )


class History(Spec):
    """Which ended runs are kept, and what of them."""

    successful_runs: int = Field(20, ge=0, le=1000, description="Succeeded runs to keep.")
    failed_runs: int = Field(20, ge=0, le=1000, description="Failed and cancelled runs to keep.")
    ttl_seconds_after_finished: int = Field(
        604800, ge=600, le=31536000, description="How long an ended run is kept at most."
    )
    outputs: KeptOutputs = Field(
        "Redacted", description="Whether outputs of steps are kept, without secrets."
    )


class Sharing(Spec):
    """To whom the REST API shows the workflow."""

    visibility: Visibility = Field(
        "Tenant", description="Owner alone, the namespace, or users and groups of other namespaces."
    )
    users: tuple[Principal, ...] = Field(
        (), max_length=100, json_schema_extra=A_SET, description="Users who may see it as well."
    )
    groups: tuple[Principal, ...] = Field(
        (), max_length=100, json_schema_extra=A_SET, description="Groups who may see it as well."
    )


class Notification(Spec):
    """An outgoing webhook about runs."""

    url: Url = Field(description="Where to send it.")
    events: tuple[RunEvent, ...] = Field(
        min_length=1, max_length=4, json_schema_extra=A_SET, description="What to send."
    )
    secret_key: SecretKey | None = Field(
        None,
        description="Key of the Secret sluice-webhooks to sign with; "
        "the installation's asymmetric key when absent.",
    )


class WorkflowSpec(Definition):
    """What a person wants of a workflow."""

    rules = (
        Rule(
            cel=(
                "!has(self.runner) || !has(self.runner.maxReplicas) || !has(self.replicas)"
                " || self.runner.maxReplicas >= self.replicas"
            ),
            message="runner.maxReplicas must be at least replicas, raise it or remove it",
            holds=lambda it: it.max_replicas >= it.replicas,
            field_path=".runner.maxReplicas",
        ),
    )

    title: ShortText | None = Field(None, description="What people call the workflow.")
    description: LongText | None = Field(None, description="What the workflow is for.")
    entity_type: LabelName | None = Field(
        None, description="What the entities of its runs are, such as order."
    )
    tags: tuple[Tag, ...] = Field(
        (), max_length=50, json_schema_extra=A_SET, description="Words to find the workflow by."
    )
    state: WorkflowState = Field(
        "Active", description="Active takes triggers; Draft, Paused and Archived refuse them."
    )
    triggers: tuple[Trigger, ...] = Field(
        (),
        max_length=50,
        json_schema_extra=KEYED_BY_NAME,
        description="What sets runs off; runs by hand need none.",
    )
    concurrency: Concurrency = Field(
        Concurrency(), description="How many runs go on at once, whatever set them off."
    )
    lifecycle: Lifecycle = Field(Lifecycle(), description="When the runner is up.")
    replicas: int = Field(
        1, ge=0, le=100, description="Pods of an awake runner; 0 suspends the workflow."
    )
    runner: Runner = Field(Runner(), description="The pods that run the workflow.")
    egress: Egress = Field(Egress(), description="Where the runner may connect to.")
    history: History = Field(History(), description="Which ended runs are kept, and what of them.")
    revision_history_limit: int = Field(
        10, ge=1, le=100, description="Versions to keep that have no tag and no unfinished run."
    )
    sharing: Sharing = Field(Sharing(), description="To whom the REST API shows the workflow.")
    notifications: tuple[Notification, ...] = Field(
        (), max_length=20, description="Outgoing webhooks about runs."
    )

    @property
    def max_replicas(self) -> int:
        """The most pods that waiting runs may ask for."""
        return self.runner.max_replicas or self.replicas


class Workflow(Resource):
    """A workflow: triggers, steps, and when its runner is up."""

    rules = (named_by_a_label(50, hint="; a longer name goes to spec.title"),)
    kind_info: ClassVar[Kind] = Kind(
        name="Workflow",
        plural="workflows",
        short="flow",
        scalable=True,
        columns=(
            Column(name="State", path=".spec.state"),
            Column(name="Deployment", path=".status.deploymentStatus"),
            Column(name="Ready", path='.status.conditions[?(@.type=="Ready")].status'),
            Column(name="Reason", path='.status.conditions[?(@.type=="Ready")].reason'),
            Column(name="Next", path=".status.nextRunTime"),
            Column(name="Last", path=".status.health.lastRunTime", type="date"),
            Column(name="Age", path=".metadata.creationTimestamp", type="date"),
        ),
    )

    kind: Literal["Workflow"] = "Workflow"
    spec: WorkflowSpec = Field(description="What a person wants of the workflow.")
    status: WorkflowStatus = Field(WorkflowStatus(), description="What the operator found and did.")
