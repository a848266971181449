"""Steps and connections one by one."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from sluice_core.api.steps import Step
from sluice_gateway.schemas.dialects.departments import NumberedStepForm
from sluice_gateway.schemas.dialects.nodes import NodeConnectionForm, NodeForm
from sluice_gateway.schemas.dialects.written import described_as
from sluice_gateway.schemas.form import Answer, Form
from sluice_gateway.schemas.nodes import Node, NodeSummary
from sluice_gateway.schemas.workflows import Remark


class StepForm(
    RootModel[Annotated[dict[str, Any], described_as(Step | NodeForm | NumberedStepForm)]]
):
    """A step, in our own form, as a node, or numbered with a template. See docs/migrating.md."""


class StepEdit(RootModel[dict[str, Any]]):
    """A step in one of the forms that one is added in, or some fields of it.

    A body that names no field of a step is its `config`, so that it may be any object.
    """


class ConnectionForm(RootModel[Annotated[dict[str, Any], described_as(NodeConnectionForm)]]):
    """A connection of two steps by their names, in any spelling; its ports may be left out."""


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
    node: Node
    remarks: list[Remark] = []


class NodeList(Answer):
    """All steps as nodes, with how they are connected."""

    workflow_id: str
    count: int
    nodes: list[NodeSummary]


class NodeGone(Answer):
    """A step that was removed."""

    removed: bool
    node_id: str
    removed_connections: int
    workflow_id: str


class Connected(Answer):
    """From one step's output port to another's input port."""

    id: str
    source: str
    target: str
    source_port: str
    target_port: str


class RootMade(Answer):
    """A step that nothing leads to any more."""

    type: Literal["disconnected"]
    node_id: str
    message: str


class ConnectionAnswer(Answer):
    """A connection that was made."""

    connection_id: str
    workflow_id: str
    connection: Connected


class ConnectionGone(Answer):
    """A connection that was removed."""

    removed: bool
    connection_id: str
    workflow_id: str
    warnings: list[RootMade] = []
