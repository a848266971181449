"""Workflows as wholes: in a list, by themselves, made."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel

from sluice_core.api.meta import Condition
from sluice_core.api.workflow_status import DefinitionWarning
from sluice_gateway.schemas.form import Answer


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
    warnings: list[DefinitionWarning]
    remarks: list[Remark] = []
    conditions: list[Condition]
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
