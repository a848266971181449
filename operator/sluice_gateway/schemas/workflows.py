"""Workflows as wholes: in a list, by themselves, made."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from sluice_core.api.meta import Condition
from sluice_core.api.workflow import WorkflowSpec
from sluice_gateway.schemas.dialects import business, departments, documents, entities, nodes, own
from sluice_gateway.schemas.dialects.business import BusinessForm
from sluice_gateway.schemas.dialects.departments import DepartmentsForm
from sluice_gateway.schemas.dialects.documents import DocumentsForm
from sluice_gateway.schemas.dialects.entities import EntitiesForm
from sluice_gateway.schemas.dialects.nodes import NodesChange, NodesForm
from sluice_gateway.schemas.dialects.own import OwnDraft, OwnForm, OwnPart
from sluice_gateway.schemas.dialects.written import described_as
from sluice_gateway.schemas.form import Answer, NoForm
from sluice_gateway.schemas.lifecycle import PolicyAnswer
from sluice_gateway.schemas.nodes import Node, NodeConnection, NodeSettings

_Ordered = DepartmentsForm | EntitiesForm | DocumentsForm | BusinessForm
_Foreign = NodesForm | _Ordered

EXAMPLES: dict[str, dict[str, Any]] = {
    "own": own.EXAMPLE,
    "nodes": nodes.EXAMPLE,
    "departments": departments.EXAMPLE,
    "entities": entities.EXAMPLE,
    "documents": documents.EXAMPLE,
    "business": business.EXAMPLE,
}
"""A workflow in each of the forms."""


class WorkflowForm(RootModel[Annotated[dict[str, Any], described_as(OwnForm | _Foreign)]]):
    """A workflow: `{"spec": {…}}` of our own kind, or the form of another product.

    Nodes and connections, ordered steps with a schedule, an event by number, an entity type, a
    definition with a trigger: which one it is, is told by its fields. Those of other products are
    known in other spellings as well. See docs/migrating.md.
    """


class WorkflowReplacement(
    RootModel[Annotated[dict[str, Any], described_as(OwnForm | NodesChange | _Ordered)]]
):
    """Our own form, which replaces the spec, or another one, which is merged into it."""


class WorkflowPatch(RootModel[Annotated[dict[str, Any], described_as(OwnPart | NodesChange)]]):
    """A part of our own form, or of the form of nodes and connections."""


class WorkflowDraft(
    RootModel[Annotated[dict[str, Any], described_as(OwnDraft | _Foreign | NoForm)]]
):
    """A workflow as it would be made, or nothing, which stands for the workflow as it is."""


class Remark(BaseModel):
    """Something that is odd, or was carried over otherwise than it was written."""

    type: str
    path: str = ""
    message: str


class WarningAnswer(BaseModel):
    """Something about the definition that is allowed and probably not meant."""

    type: str
    step: str | None = Field(None, description="Name of the step that it is about.")
    path: str | None = None
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

    nodes: list[Node]
    connections: list[NodeConnection]
    settings: NodeSettings
    shared_with: list[str]
    lifecycle_policy: PolicyAnswer
    stopped_reason: str | None
    scopes: list[str]
    warnings: list[WarningAnswer]
    remarks: list[Remark] = []
    conditions: list[Condition]
    trigger_url: str | None
    spec: WorkflowSpec
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
