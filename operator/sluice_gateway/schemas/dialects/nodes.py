"""Nodes and connections."""

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from sluice_gateway.schemas.dialects.written import (
    Label,
    LongText,
    Paths,
    Port,
    Text,
    Word,
    Written,
)

EXAMPLE: dict[str, Any] = {
    "name": "Greet",
    "nodes": [{"id": "say", "nodeId": "log", "config": {"message": "hello"}}],
    "connections": [],
}


class _Camel(Written):
    model_config = ConfigDict(alias_generator=to_camel)


class NodePlace(Written):
    """Where an editor draws a node."""

    x: float
    y: float


class NodeForm(_Camel):
    """A node: a step, or what sets the workflow off, as manual-trigger or schedule-trigger do."""

    id: Label | None = None
    node_id: Text = Field(description="The action.")
    label: Text | None = None
    config: dict[str, Any] | None = Field(None, description="The action's; texts are templates.")
    position: NodePlace | None = None
    enabled: bool | None = None
    credential: Label | None = None
    input_mappings: Paths | None = None
    pass_through_values: Paths | None = None
    version: Any = Field(None, description="Passed over: an action has its release's.")
    type: Any = Field(None, description="Passed over where there is a nodeId.")
    category: Any = Field(None, description="Passed over.")


class NodeConnectionForm(_Camel):
    """What leads where."""

    id: Any = Field(None, description="Passed over: it is made of the ends.")
    source_node_id: Label
    source_port: Port | None = None
    target_node_id: Label
    target_port: Port | None = None


class NodeSettingsForm(_Camel):
    """Limits of a run."""

    timeout: int | None = Field(None, ge=1, le=604_800, description="Seconds.")
    retry_on_failure: bool | None = None
    max_retries: int | None = Field(None, ge=0, le=1_000_000, description="At most 5 are kept.")


class NodesChange(_Camel):
    """A change of a workflow of nodes: what is not named stays as it is."""

    name: Text | None = None
    description: LongText | None = None
    status: Literal["draft", "active", "paused", "archived"] | None = None
    tags: list[Word] | None = None
    settings: NodeSettingsForm | None = None
    is_public: bool | None = None
    shared_with: list[Word] | None = None
    is_template: bool | None = None
    nodes: list[NodeForm] | None = None
    connections: list[NodeConnectionForm] | None = None
    id: Any = Field(None, description="Told, not set; so are all that follow.")
    version: Any = None
    created_at: Any = None
    updated_at: Any = None
    organization_id: Any = None
    owner_id: Any = None
    scopes: Any = None
    last_run_at: Any = None


class NodesForm(NodesChange):
    """A workflow of nodes and connections."""

    name: Text
