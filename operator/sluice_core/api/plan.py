"""WorkflowPlan: caps and rates of the namespaces that are labelled with its name."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_core.api.bounds import ActionName, Cidr, EgressHost, ObjectName
from sluice_core.api.kind import A_SET, KEYED_BY_TYPE, Column, Kind
from sluice_core.api.meta import Condition, Resource, Spec, Status, named_by_a_label

Cap = Annotated[int, Field(ge=0, le=1_000_000_000)]
ImageName = Annotated[str, Field(min_length=1, max_length=500)]
LabelKey = Annotated[str, Field(min_length=1, max_length=317)]


class PlanEgress(Spec):
    """What `egress.allow` of a workflow may name."""

    allow_hosts: tuple[EgressHost, ...] = Field(
        (),
        max_length=200,
        json_schema_extra=A_SET,
        description="Hosts, host:port or wildcards such as *.example.com.",
    )
    allow_cidrs: tuple[Cidr, ...] = Field(
        (), max_length=200, json_schema_extra=A_SET, description="Address ranges."
    )
    allow_private: bool = Field(
        False, description="Whether private addresses and cluster services may be named."
    )


class PlanSpec(Spec):
    """Caps and rates; an absent one does not limit."""

    max_workflows: Cap | None = Field(None, description="Workflows in a namespace.")
    max_steps_per_workflow: Cap | None = Field(None, description="Steps of one workflow.")
    max_credentials: Cap | None = Field(None, description="Credentials in a namespace.")
    max_retries: Cap | None = Field(None, description="Retries that a step or run may ask for.")
    runs_per_minute: Cap | None = Field(None, description="Runs that begin in a minute, UTC.")
    runs_per_day: Cap | None = Field(None, description="Runs that begin in a day, UTC.")
    emails_per_day: Cap | None = Field(None, description="E-mails sent in a day, UTC.")
    sms_per_day: Cap | None = Field(None, description="SMS sent in a day, UTC.")
    email_recipients: Cap | None = Field(
        None, description="Recipients of one e-mail, To and CC together."
    )
    email_cc: Cap | None = Field(None, description="Recipients in CC of one e-mail.")
    sms_recipients: Cap | None = Field(None, description="Recipients of one SMS step.")
    egress: PlanEgress | None = Field(
        None, description="What egress.allow of a workflow may name; anything when absent."
    )
    images: tuple[ImageName, ...] = Field(
        (),
        max_length=100,
        json_schema_extra=A_SET,
        description="Images that a workflow may name; none when empty.",
    )
    service_accounts: tuple[ObjectName, ...] = Field(
        (),
        max_length=100,
        json_schema_extra=A_SET,
        description="ServiceAccounts that a workflow may name; none when empty.",
    )
    pod_labels: tuple[LabelKey, ...] = Field(
        (),
        max_length=100,
        json_schema_extra=A_SET,
        description="Keys of labels that a workflow may put on its pods; none when empty.",
    )
    actions: tuple[ActionName, ...] | None = Field(
        None,
        max_length=500,
        json_schema_extra=A_SET,
        description="Actions that a step may name; all when absent.",
    )


class PlanStatus(Status):
    """Where the plan is in force."""

    observed_generation: int = Field(
        0, ge=0, description="The generation of the spec that this was decided for."
    )
    conditions: tuple[Condition, ...] = Field(
        (), max_length=8, json_schema_extra=KEYED_BY_TYPE, description="Ready, with a reason."
    )
    namespaces: int = Field(0, ge=0, description="Namespaces that are labelled with the plan.")


class WorkflowPlan(Resource):
    """Caps and rates of the namespaces labelled sluice.dev/plan with its name."""

    rules = (named_by_a_label(63),)
    kind_info: ClassVar[Kind] = Kind(
        name="WorkflowPlan",
        plural="workflowplans",
        short="flowplan",
        scope="Cluster",
        columns=(
            Column(name="Workflows", path=".spec.maxWorkflows", type="integer"),
            Column(name="Per Minute", path=".spec.runsPerMinute", type="integer"),
            Column(name="Per Day", path=".spec.runsPerDay", type="integer"),
            Column(name="Namespaces", path=".status.namespaces", type="integer"),
            Column(name="Age", path=".metadata.creationTimestamp", type="date"),
        ),
    )

    kind: Literal["WorkflowPlan"] = "WorkflowPlan"
    spec: PlanSpec = Field(description="Caps and rates; an absent one does not limit.")
    status: PlanStatus = Field(PlanStatus(), description="What the operator found.")
