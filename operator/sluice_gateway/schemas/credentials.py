"""The forms of requests and answers about credentials, as pydantic models."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from sluice_core.api.credential import CredentialSpec
from sluice_core.api.credential_types import CredentialType
from sluice_gateway.schemas.dialects.own import Manifest, OwnMetadata
from sluice_gateway.schemas.dialects.written import Text, Written, described_as
from sluice_gateway.schemas.form import Answer

CREDENTIALS: dict[str, dict[str, Any]] = {
    "plain": {"name": "Shop API", "type": "HttpBearer", "data": {"token": "s3cr3t-token"}},
    "own": {
        "metadata": {"name": "shop-api"},
        "spec": {"type": "HttpBearer", "secretRef": {"name": "shop-token"}},
    },
}
"""A credential in each of the forms."""

TypeWord = CredentialType | Annotated[int, Field(ge=0, le=13)]


class PlainChange(Written):
    """A change of a credential: what is not named, or shown as dots, stays as it is."""

    name: Text | None = None
    type: TypeWord | None = Field(None, description="It stays: another one is refused.")
    data: dict[str, Any] | None = Field(
        None, description="Fields of the type, those of the Secret among them; null takes one away."
    )


class PlainCredential(PlainChange):
    """A credential with plain values; its type is a word, or the number it has elsewhere."""

    name: Text
    type: TypeWord


class OwnName(OwnMetadata):
    """What is kept of an object's metadata, with its name."""

    name: str


class OwnChange(Manifest):
    """The spec that a WorkflowCredential is to have."""

    name: Text | None = Field(None, description="What people call it.")
    spec: CredentialSpec


class OwnCredential(OwnChange):
    """A WorkflowCredential, whose Secret is there."""

    metadata: OwnName


class CredentialForm(
    RootModel[Annotated[dict[str, Any], described_as(PlainCredential | OwnCredential)]]
):
    """A credential: `{name, type, data}` with plain values, or `{spec}` of our own kind.

    Fields of `data` are known in any spelling.
    """


class CredentialPatch(RootModel[Annotated[dict[str, Any], described_as(PlainChange | OwnChange)]]):
    """A change of plain values, or our own form, which replaces the spec."""


class CredentialAnswer(Answer):
    """A credential; what of `data` is secret are dots."""

    id: str = Field(description="Name of the WorkflowCredential.")
    name: str = Field(description="What people call it.")
    namespace: str
    type: str
    credential_type: int | None = Field(description="The type's number, where it has one.")
    data: dict[str, Any]
    secret: str = Field(description="Name of the Secret.")
    workflow_id: str | None = Field(description="The workflow whose integration it is.")
    ready: bool | None = Field(description="Null before the operator has looked at it.")
    message: str
    used_by: list[str] = Field(description="Workflows that name it in a step.")
    created_at: datetime | None
    updated_at: datetime | None
    url: str


class CredentialList(Answer):
    """A page of credentials."""

    count: int = Field(description="How many there are in all.")
    limit: int
    offset: int
    credentials: list[CredentialAnswer]


class IntegrationChange(Written):
    """A change of an integration: what `config` does not name, or shows as dots, stays."""

    workflow_id: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None, description="It stays: another one is refused."
    )
    name: Text | None = None
    integration_type: Literal["slack", "email", "webhook"] | None = Field(
        None, description="It stays: another one is refused."
    )
    config: dict[str, Any] | None = None


class WorkflowIntegration(IntegrationChange):
    """An integration of a workflow."""

    workflow_id: str = Field(min_length=1, max_length=50)
    name: Text
    integration_type: Literal["slack", "email", "webhook"]


class IntegrationPatch(RootModel[Annotated[dict[str, Any], described_as(IntegrationChange)]]):
    """A change of an integration, in any spelling."""


class IntegrationForm(RootModel[Annotated[dict[str, Any], described_as(WorkflowIntegration)]]):
    """An integration: `{workflow_id, name, integration_type, config}`, in any spelling.

    Types are slack `{webhook_url, channel}`, email `{to, subject, template, credential}` and
    webhook `{url, method, headers}`.
    """


class IntegrationAnswer(BaseModel):
    """An integration; what of its `config` is secret are dots."""

    id: str
    workflow_id: str
    name: str
    integration_type: str
    config: dict[str, Any]
    created_at: datetime | None


class IntegrationList(BaseModel):
    """The integrations of a namespace."""

    count: int
    integrations: list[IntegrationAnswer]
