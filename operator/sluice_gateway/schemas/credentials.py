"""The forms of requests and answers about credentials, as pydantic models."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, RootModel

from sluice_gateway.schemas.form import Answer


class CredentialForm(RootModel[dict[str, Any]]):
    """A credential: `{name, type, data}` with plain values, or `{spec}` of our own kind.

    `type` is a word, or the number that another product has for it. In `data` are the fields of
    the type, those of the Secret among them; spelt in any way.
    """


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


class IntegrationForm(RootModel[dict[str, Any]]):
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
