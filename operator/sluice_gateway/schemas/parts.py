"""Steps and connections one by one."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from sluice_gateway.schemas.form import Answer, Form
from sluice_gateway.schemas.workflows import Remark


class StepForm(RootModel[dict[str, Any]]):
    """A step, in our own form, as a node, or numbered with a template. See docs/migrating.md."""


class ConnectionForm(RootModel[dict[str, Any]]):
    """A connection of two steps by their names, in any spelling: sourceNodeId, targetNodeId.

    Its ports, sourcePort and targetPort, may be left out.
    """


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
