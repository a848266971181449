"""WorkflowRun: one execution of a workflow, and the place in the queue of one that waits."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_core.api.bounds import Hash, Json, JsonObject, LabelName, WorkflowName
from sluice_core.api.kind import Column, Kind
from sluice_core.api.meta import Resource, Spec, named_by_a_label
from sluice_core.api.rules import Rule
from sluice_core.api.run_status import RunStatus
from sluice_core.api.steps import Definition

TriggerType = Literal[
    "Manual", "Schedule", "Webhook", "Event", "Queue", "Email", "Resource", "Api", "Test"
]


class RunTrigger(Spec):
    """What set the run off."""

    type: TriggerType = Field("Manual", description="Kind of the trigger.")
    name: LabelName | None = Field(None, description="Name of the workflow's trigger.")
    source: str | None = Field(None, max_length=253, description="Where it came from.")
    id: str | None = Field(None, max_length=253, description="Id that the sender gave it.")
    event: str | None = Field(None, max_length=253, description="Type of the event.")
    time: datetime | None = Field(None, description="The cron time, or the time of the event.")
    headers: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict, max_length=64, description="Headers of the request, without secrets."
    )
    hops: int = Field(
        0, ge=0, le=100, description="How many events led to the run, one from another."
    )
    quiet: bool = Field(
        False, description="Whether no event tells of it, since one of a run has set it off."
    )
    payload: Json = Field(
        None, description="What it brought along, where that is no object: an object is in inputs."
    )


class RunSpec(Spec):
    """What is to be executed. All but cancel and priority cannot change."""

    rules = (
        Rule(
            cel="!(has(self.resumeFrom) && has(self.definition))",
            message="a resumed run has the definition of the run it resumes, remove definition",
            holds=lambda it: it.resume_from is None or it.definition is None,
            field_path=".definition",
        ),
    )

    workflow: WorkflowName = Field(description="Name of the workflow in this namespace.")
    revision: int | None = Field(
        None, ge=1, le=1_000_000_000, description="Version to execute; the current one when absent."
    )
    key_hash: Hash | None = Field(None, description="Hash of the idempotency key.")
    body_hash: Hash | None = Field(None, description="Hash of the request that came with the key.")
    trigger: RunTrigger = Field(RunTrigger(), description="What set the run off.")
    inputs: JsonObject = Field(default_factory=dict, description="Inputs of the run.")
    entities: tuple[Annotated[str, Field(min_length=1, max_length=253)], ...] = Field(
        (), max_length=10000, description="Ids; the workflow runs once for each."
    )
    definition: Definition | None = Field(
        None, description="Executed in place of the version; needs workflows/execute."
    )
    priority: int = Field(0, ge=-1000, le=1000, description="Higher goes first.")
    cancel: bool = Field(False, description="Set to true to cancel the run.")
    resume_from: LabelName | None = Field(
        None, description="Name of a failed run whose finished steps are not repeated."
    )


TERMINAL_PHASE_STAYS = Rule(
    cel=(
        "!has(oldSelf.status) || !has(oldSelf.status.phase)"
        " || !(oldSelf.status.phase in ['Succeeded', 'Failed', 'Cancelled'])"
        " || (has(self.status) && has(self.status.phase)"
        " && self.status.phase == oldSelf.status.phase)"
    ),
    message="the phase of an ended run cannot change, create a new run",
)


class WorkflowRun(Resource):
    """One execution of a workflow."""

    rules = (
        named_by_a_label(63),
        TERMINAL_PHASE_STAYS,
    )
    kind_info: ClassVar[Kind] = Kind(
        name="WorkflowRun",
        plural="workflowruns",
        short="flowrun",
        selectable=(".spec.workflow", ".status.phase"),
        columns=(
            Column(name="Workflow", path=".spec.workflow"),
            Column(name="Trigger", path=".spec.trigger.type"),
            Column(name="Phase", path=".status.phase"),
            Column(name="Steps", path=".status.stepsSummary"),
            Column(name="Duration", path=".status.duration"),
            Column(name="Age", path=".metadata.creationTimestamp", type="date"),
        ),
    )

    kind: Literal["WorkflowRun"] = "WorkflowRun"
    spec: RunSpec = Field(description="What is to be executed.")
    status: RunStatus = Field(RunStatus(), description="How the execution goes.")
