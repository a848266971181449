"""What every object has: metadata and conditions, and the two ways of reading a model."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_camel

from sluice_core.api.kind import Kind, Rule


def wire_name(attribute: str) -> str:
    """`timeout_seconds` is written `timeoutSeconds`, and `in_`, a word of Python, is `in`."""
    return to_camel(attribute.rstrip("_"))


class Spec(BaseModel):
    """What people write: an unknown field is an error."""

    model_config = ConfigDict(
        alias_generator=wire_name,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
    )


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
    return Rule(
        rule=f"self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{{0,{longest - 2}}}[a-z0-9])?$')",
        message=(
            f"metadata.name must be a DNS label of at most {longest} characters: "
            f"lower-case letters, digits and hyphens{hint}"
        ),
    )
