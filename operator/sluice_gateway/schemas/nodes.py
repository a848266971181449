"""Steps as nodes, and how they are connected."""

from typing import Any

from pydantic import Field

from sluice_gateway.schemas.dialects.nodes import NodePlace
from sluice_gateway.schemas.form import Answer


class Node(Answer):
    """A step as a node."""

    id: str = Field(description="Name of the step.")
    node_id: str = Field(description="The action.")
    type: str = Field(description="The action.")
    category: str = Field(description="Where the catalogue lists the action.")
    label: str
    config: dict[str, Any] = Field(description="The step's `with`.")
    enabled: bool
    credential: str | None
    input_mappings: dict[str, str]
    pass_through_values: dict[str, str]
    position: NodePlace | None = None


class NodeSummary(Answer):
    """A node in a list, with how many connections lead to and from it."""

    id: str = Field(description="Name of the step.")
    type: str = Field(description="The action.")
    label: str
    category: str = Field(description="Where the catalogue lists the action.")
    position: NodePlace | None = None
    has_config: bool
    inbound_connections: int
    outbound_connections: int


class NodeConnection(Answer):
    """What leads where."""

    id: str
    source_node_id: str
    source_port: str
    target_node_id: str
    target_port: str


class NodeSettings(Answer):
    """Limits of a run, in the words of this form."""

    timeout: int = Field(description="Seconds.")
    retry_on_failure: bool
    max_retries: int
