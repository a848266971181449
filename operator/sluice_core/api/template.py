"""WorkflowTemplate: a workflow to start from, with parameters."""

from typing import ClassVar, Literal

from pydantic import Field

from sluice_core.api.bounds import JsonSchema, LabelName, LongText, ShortText, Tag
from sluice_core.api.kind import A_SET, KEYED_BY_TYPE, Column, Kind
from sluice_core.api.meta import Condition, Resource, Spec, Status
from sluice_core.api.workflow import WorkflowSpec


class TemplateSpec(Spec):
    """A workflow to start from."""

    title: ShortText | None = Field(None, description="What people call the template.")
    description: LongText | None = Field(None, description="What its workflows are for.")
    category: LabelName = Field("general", description="Where a catalogue lists it.")
    tags: tuple[Tag, ...] = Field(
        (), max_length=50, json_schema_extra=A_SET, description="Words to find the template by."
    )
    parameters: JsonSchema | None = Field(
        None, description="JSON Schema 2020-12 of what a person fills in."
    )
    workflow: WorkflowSpec = Field(
        description="The workflow; {{ parameters.x }} in its strings is filled in."
    )


class TemplateStatus(Status):
    """Whether the template can be used."""

    observed_generation: int = Field(
        0, ge=0, description="The generation of the spec that this was decided for."
    )
    conditions: tuple[Condition, ...] = Field(
        (), max_length=8, json_schema_extra=KEYED_BY_TYPE, description="Valid, with a reason."
    )


class WorkflowTemplate(Resource):
    """A workflow to start from, with parameters."""

    kind_info: ClassVar[Kind] = Kind(
        name="WorkflowTemplate",
        plural="workflowtemplates",
        short="flowtmpl",
        columns=(
            Column(name="Title", path=".spec.title"),
            Column(name="Category", path=".spec.category"),
            Column(name="Valid", path='.status.conditions[?(@.type=="Valid")].status'),
            Column(name="Age", path=".metadata.creationTimestamp", type="date"),
        ),
    )

    kind: Literal["WorkflowTemplate"] = "WorkflowTemplate"
    spec: TemplateSpec = Field(description="The workflow to start from.")
    status: TemplateStatus = Field(TemplateStatus(), description="What the operator found.")
