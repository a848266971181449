"""What every object has: metadata and conditions, and the two ways of reading a model."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sluice_core.api.kind import Kind
from sluice_core.api.rules import RULES, Rule


def wire_name(attribute: str) -> str:
    """`timeout_seconds` is written `timeoutSeconds`, and `in_`, a word of Python, is `in`."""
    return to_camel(attribute.rstrip("_"))


class Spec(BaseModel):
    """What people write: an unknown field is an error, and so is what breaks one of the rules.

    The rules are the API server's to enforce; `rules.broken` tells offline what it would say.
    """

    rules: ClassVar[tuple[Rule, ...]] = ()

    model_config = ConfigDict(
        alias_generator=wire_name,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        reference = handler(core_schema)
        if cls.rules:
            schema = handler.resolve_ref_schema(reference)
            schema[RULES] = [rule.schema for rule in cls.rules]
        return reference


class Status(BaseModel):
    """What the operator writes: fields of a newer release are ignored."""

    model_config = ConfigDict(
        alias_generator=wire_name,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="ignore",
        frozen=True,
    )


def _or_as_it_is(value: Any, known: ValidatorFunctionWrapHandler) -> Any:
    try:
        return known(value)
    except ValidationError:
        if isinstance(value, str):
            return value
        raise


OrNewer = WrapValidator(_or_as_it_is)
"""Marks a word of a status: one that only a newer release knows is kept as it is."""


class OwnerReference(Status):
    """The object that this one goes with."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False


class ObjectMeta(Status):
    """The part of metav1.ObjectMeta that decisions read."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    owner_references: tuple[OwnerReference, ...] = ()


ConditionStatus = Literal["True", "False", "Unknown"]


class Condition(Status):
    """A metav1.Condition."""

    type: str = Field(max_length=63, description="What the condition is about.")
    status: Annotated[ConditionStatus, OrNewer] = Field(description="Whether it holds.")
    reason: str = Field(max_length=128, description="Why, as one CamelCase word.")
    message: str = Field("", max_length=4096, description="Why, for people.")
    observed_generation: int = Field(
        0, ge=0, description="The generation of the object that this was decided for."
    )
    last_transition_time: datetime | None = Field(None, description="When the status last changed.")


class Resource(Spec):
    """One object of ours, as the API server gives it."""

    kind_info: ClassVar[Kind]

    api_version: Literal["sluice.dev/v1alpha1"] = "sluice.dev/v1alpha1"
    metadata: ObjectMeta = ObjectMeta()

    @classmethod
    def parse(cls, manifest: dict[str, Any]) -> Self:
        """Read a manifest, refusing Python spellings of fields, as the API server does."""
        return cls.model_validate(manifest, by_alias=True, by_name=False)


def named_by_a_label(longest: int, hint: str = "") -> Rule:
    """The rule of a kind whose names end up in labels and in names of other objects."""
    label = re.compile(f"^[a-z0-9]([-a-z0-9]{{0,{longest - 2}}}[a-z0-9])?$")
    return Rule(
        cel=f"self.metadata.name.matches('{label.pattern}')",
        holds=lambda it: label.fullmatch(it.metadata.name) is not None,
        message=(
            f"metadata.name must be a DNS label of at most {longest} characters: "
            f"lower-case letters, digits and hyphens{hint}"
        ),
    )
