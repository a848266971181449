"""When a runner is up, and what brings it up or down."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from sluice_core.api.lifecycle import OpenHours
from sluice_gateway.schemas.dialects.written import Written, Zone, described_as
from sluice_gateway.schemas.form import Answer, Form

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"

Policy = Literal["always-on", "idle-shutdown", "on-demand", "scheduled-window"]


class HoursForm(Written):
    """Hours of some days of the week."""

    model_config = ConfigDict(alias_generator=to_camel)

    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        min_length=1, max_length=7, description="0 is Sunday."
    )
    start_time: str = Field(pattern=_TIME)
    end_time: str = Field(pattern=_TIME, description="At or before startTime is on the next day.")


class WindowForm(Written):
    """When the runner is up, by the clock."""

    timezone: Zone | None = None
    outside: Literal["queue", "reject"] | None = Field(
        None, description="Whether runs wait for the window or are refused outside it."
    )
    windows: list[HoursForm] = Field(min_length=1, max_length=50)


class PolicyForm(Written):
    """A lifecycle policy."""

    model_config = ConfigDict(alias_generator=to_camel)

    type: Policy
    idle_timeout_minutes: int | None = Field(
        None, ge=5, le=1440, description="For idle-shutdown; 30 when absent."
    )
    schedule: WindowForm | None = Field(None, description="For scheduled-window, which needs it.")


class LifecycleForm(RootModel[Annotated[dict[str, Any], described_as(PolicyForm)]]):
    """A lifecycle policy, in any spelling. See docs/lifecycle.md."""


class WindowAnswer(BaseModel):
    """When the runner is up, by the clock."""

    model_config = ConfigDict(extra="forbid")

    timezone: str
    windows: list[OpenHours]
    outside: Literal["Queue", "Reject"]


class PolicyAnswer(Answer):
    """A lifecycle policy, with what its type has."""

    type: Policy
    idle_timeout_minutes: int | None = None
    schedule: WindowAnswer | None = None


class LifecycleAnswer(Answer):
    """When the runner is up, and whether it is."""

    workflow_id: str
    lifecycle_policy: PolicyAnswer
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
