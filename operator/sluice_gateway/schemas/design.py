"""What is asked of a workflow's design, and told of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sluice_gateway.schemas.form import Answer, Form


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
