"""WorkflowAction: an action of the user's own, as an HTTP call or a container."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from sluice_core.api.bounds import (
    Identifier,
    Json,
    JsonObject,
    JsonSchema,
    LabelName,
    LongText,
    ShortText,
    Tag,
    Template,
)
from sluice_core.api.credential_types import CredentialType
from sluice_core.api.kind import A_SET, KEYED_BY_NAME, KEYED_BY_TYPE, Column, Kind
from sluice_core.api.lifecycle import EnvVar, Resources
from sluice_core.api.meta import Condition, Resource, Spec, Status
from sluice_core.api.rules import Rule
from sluice_core.api.steps import FailureClass

ActionRole = Literal["Delivers", "Reads", "Transforms"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
HttpStatus = Annotated[int, Field(ge=100, le=599)]
Argument = Annotated[str, Field(max_length=16384)]


class HttpCall(Spec):
    """An HTTP request for each execution. Its strings are templates over `config`."""

    method: Method = Field("POST", description="Method of the request.")
    url: str = Field(min_length=1, max_length=2048, description="Address, a template.")
    headers: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict, max_length=32, description="Headers, templates."
    )
    query: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict, max_length=32, description="Query parameters, templates."
    )
    body: Json = Field(None, description="Body, sent as JSON; strings in it are templates.")
    idempotency_header: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9-]+$",
        description="Header for a key that stays the same when the step is repeated.",
    )
    expect: tuple[HttpStatus, ...] = Field(
        (), max_length=50, description="Statuses that are a success; 200 to 299 when empty."
    )


class ContainerCall(Spec):
    """A container for each execution, run by the operator as a Job under restrictions."""

    image: str = Field(min_length=1, max_length=500, description="Image; the plan must list it.")
    command: tuple[Argument, ...] = Field(
        (), max_length=64, description="Entry point, templates; that of the image when empty."
    )
    args: tuple[Argument, ...] = Field((), max_length=64, description="Arguments, templates.")
    env: tuple[EnvVar, ...] = Field(
        (),
        max_length=64,
        json_schema_extra=KEYED_BY_NAME,
        description="Environment variables; values are templates.",
    )
    resources: Resources | None = Field(
        None, description="What the container asks for and may use."
    )


class Port(Spec):
    """An output port, and when the step leaves by it."""

    name: Identifier = Field(description="Name of the port.")
    description: ShortText | None = Field(None, description="When the step leaves by it.")
    when: Template | None = Field(
        None, description="A template; the first port that gives true is taken, absent is true."
    )


class ActionSpec(Spec):
    """What the action takes, how it runs and what it gives."""

    rules = (
        Rule(
            cel="has(self.http) != has(self.container)",
            message="an action runs as either http or container, set one of them",
            holds=lambda it: (it.http is None) != (it.container is None),
        ),
    )

    title: ShortText | None = Field(None, description="What people call the action.")
    description: LongText | None = Field(None, description="What the action does.")
    category: LabelName = Field("custom", description="Where the catalogue lists it.")
    tags: tuple[Tag, ...] = Field(
        (), max_length=50, json_schema_extra=A_SET, description="Words to find the action by."
    )
    role: ActionRole = Field(
        "Transforms", description="Whether it delivers something, reads something or transforms."
    )
    paired_with: ActionRole | None = Field(
        None, description="A step with this action must lead to one whose action has this role."
    )
    config: JsonSchema | None = Field(
        None, description="JSON Schema 2020-12 of a step's `with`; anything goes when absent."
    )
    sample: JsonObject | None = Field(None, description="An example of a step's `with`.")
    credential_types: tuple[CredentialType, ...] = Field(
        (),
        max_length=17,
        json_schema_extra=A_SET,
        description="Types of credentials that a step may name; none when empty.",
    )
    http: HttpCall | None = Field(None, description="Runs as an HTTP request.")
    container: ContainerCall | None = Field(None, description="Runs as a container.")
    result: Json = Field(
        None, description="Output, strings are templates over `response` and `config`."
    )
    ports: tuple[Port, ...] = Field(
        (),
        max_length=20,
        json_schema_extra=KEYED_BY_NAME,
        description="Output ports in the order in which they are tried; `output` when empty.",
    )
    timeout_seconds: int = Field(
        60, ge=1, le=86400, description="Time that an attempt may take, unless the step says."
    )
    retry_on: tuple[FailureClass, ...] = Field(
        (),
        max_length=3,
        json_schema_extra=A_SET,
        description="Failures that may be repeated; none when empty.",
    )

    @property
    def executed(self) -> Self:
        """The same without what only people read, so that a better word makes no new version."""
        words = ("title", "description", "category", "tags", "sample")
        fields = type(self).model_fields
        return self.model_copy(update={name: fields[name].default for name in words})


class ActionStatus(Status):
    """Whether the action can be used."""

    observed_generation: int = Field(
        0, ge=0, description="The generation of the spec that this was decided for."
    )
    conditions: tuple[Condition, ...] = Field(
        (), max_length=8, json_schema_extra=KEYED_BY_TYPE, description="Ready, with a reason."
    )


class WorkflowAction(Resource):
    """An action of the user's own, named by the object's name."""

    rules = (
        Rule(
            cel="size(self.metadata.name) <= 63",
            message="metadata.name is the action's name and has at most 63 characters",
            holds=lambda it: len(it.metadata.name) <= 63,
        ),
    )
    kind_info: ClassVar[Kind] = Kind(
        name="WorkflowAction",
        plural="workflowactions",
        short="flowaction",
        scope="Cluster",
        columns=(
            Column(name="Title", path=".spec.title"),
            Column(name="Category", path=".spec.category"),
            Column(name="Role", path=".spec.role"),
            Column(name="Ready", path='.status.conditions[?(@.type=="Ready")].status'),
            Column(name="Age", path=".metadata.creationTimestamp", type="date"),
        ),
    )

    kind: Literal["WorkflowAction"] = "WorkflowAction"
    spec: ActionSpec = Field(description="What the action takes, how it runs and what it gives.")
    status: ActionStatus = Field(ActionStatus(), description="What the operator found.")
