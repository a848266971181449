"""Definitions that a workflow has had."""

from datetime import datetime

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from sluice_gateway.schemas.form import Answer, Form


class VersionForm(Form):
    """A tag for the current version."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    version_tag: str = Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    description: str = Field("", max_length=1000)


class Version(Answer):
    """A definition that the workflow has had."""

    version: int
    version_tag: str | None
    description: str
    created_by: str | None
    created_at: datetime | None


class VersionList(Answer):
    """All versions that are kept."""

    workflow_id: str
    current_version: int | None
    versions: list[Version]


class VersionMade(Answer):
    """A version that got a tag."""

    workflow_id: str
    version: int
    version_tag: str
