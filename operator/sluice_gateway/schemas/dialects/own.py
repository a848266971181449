"""Our own form: a Workflow, as kubectl applies it, or its spec alone."""

from typing import Any

from pydantic import BaseModel, Field

from sluice_core.api.workflow import WorkflowSpec
from sluice_gateway.schemas.dialects.written import Written

EXAMPLE: dict[str, Any] = {
    "spec": {
        "title": "Greet",
        "triggers": [{"name": "morning", "schedule": {"cron": "0 9 * * 1-5"}}],
        "steps": [{"name": "say", "action": "log", "with": {"message": "hello"}}],
    }
}


class OwnMetadata(BaseModel):
    """What is kept of an object's metadata; the rest is passed over."""

    name: str | None = Field(None, description="Made of the title when absent.")
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class Manifest(Written):
    """What stands beside the spec of an object."""

    apiVersion: Any = Field(None, description="Passed over.")  # noqa: N815
    kind: Any = Field(None, description="Passed over.")
    metadata: OwnMetadata | None = None
    status: Any = Field(None, description="Passed over.")


class OwnForm(Manifest):
    """A Workflow, or its spec alone."""

    spec: WorkflowSpec


class OwnPart(Manifest):
    """A part of a Workflow's spec, which is merged into it (RFC 7396): null takes a field away."""

    spec: dict[str, Any]


class OwnDraft(Manifest):
    """A Workflow's spec, valid or not."""

    spec: dict[str, Any]
