"""The forms of requests and answers about actions and templates, as pydantic models."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from sluice_gateway.schemas.form import Answer, Form
from sluice_gateway.schemas.nodes import Node, NodeConnection


class CatalogAction(Answer):
    """An action that steps may name; what it does not have is left out."""

    name: str
    title: str
    description: str = ""
    category: str
    role: Literal["reads", "transforms", "delivers", "controls"]
    paired_with: str | None = Field(
        None, description="A step with it must lead to one whose action has this role."
    )
    kind: Literal["BuiltIn", "WorkflowAction"]
    fault: str = Field("", description="Why no step can use it.")
    ports: list[str] = []
    ports_named_by: list[str] = Field([], description="Fields of its `with` that name more ports.")
    input_ports: list[str] = Field([], description="Beside the one for data.")
    credentials: list[str] = Field([], description="Types of which a step may name one.")
    failures: list[str] = []
    repeatable: bool = False
    timeout_seconds: int | None = None
    json_schema: dict[str, Any] = Field(
        default_factory=dict, alias="schema", description="JSON Schema of a step's `with`."
    )
    sample: dict[str, Any] = {}


class ActionCatalog(Answer):
    """All actions: the built-in ones and the cluster's own."""

    count: int
    actions: list[CatalogAction]


class TemplateForm(Form):
    """A workflow of a template."""

    template_id: Annotated[str, Field(min_length=1, max_length=253)] = Field(
        validation_alias=AliasChoices("template_id", "templateId")
    )
    name: str | None = Field(None, min_length=1, max_length=250)
    description: str | None = Field(None, max_length=1000)
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Held to the template's own JSON Schema."
    )


class Template(Answer):
    """A workflow to start from."""

    id: str
    name: str
    description: str
    category: str
    tags: list[str]
    shipped: bool = Field(description="Whether it came with the release.")
    parameters: dict[str, Any] = Field(description="JSON Schema of what is filled in.")
    nodes: list[Node]
    connections: list[NodeConnection]
    created_at: datetime | None


class TemplateList(Answer):
    """All templates that a namespace has."""

    count: int
    templates: list[Template]
