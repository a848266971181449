"""When a runner is up, and what brings it up or down."""

from datetime import datetime
from typing import Any

from pydantic import Field, RootModel

from sluice_gateway.schemas.form import Answer, Form


class LifecycleForm(RootModel[dict[str, Any]]):
    """A lifecycle policy, in any spelling: type, idleTimeoutMinutes, schedule. See lifecycle.md."""


class LifecycleAnswer(Answer):
    """When the runner is up, and whether it is."""

    workflow_id: str
    lifecycle_policy: dict[str, Any]
    deployment_status: str | None
    stopped_reason: str | None
    next_transition_at: datetime | None


class StartForm(Form):
    """How many pods an awake runner has."""

    replicas: int | None = Field(None, ge=1, le=100)


class DeployAnswer(Answer):
    """The state that was set."""

    message: str
    workflow_id: str
    status: str


class StopAnswer(Answer):
    """How far the runner is up at this moment; it follows what is asked in seconds."""

    workflow_id: str
    deployment_status: str | None
    replicas: int | None = None
