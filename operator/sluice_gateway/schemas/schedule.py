"""When a workflow runs by the clock."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, RootModel

from sluice_gateway.schemas.dialects.written import Cron, Written, Zone, described_as
from sluice_gateway.schemas.form import Answer


class ScheduleChange(Written):
    """A change of a schedule: what is not named stays as it is."""

    cron_expression: Cron | None = None
    timezone: Zone | None = None
    enabled: bool | None = None


class Clock(ScheduleChange):
    """A schedule."""

    cron_expression: Cron


class ScheduleForm(RootModel[Annotated[dict[str, Any], described_as(Clock)]]):
    """A schedule, in any spelling."""


class SchedulePatch(RootModel[Annotated[dict[str, Any], described_as(ScheduleChange)]]):
    """A change of a schedule, in any spelling."""


class ScheduleAnswer(Answer):
    """When a workflow runs by the clock."""

    workflow_id: str
    cron_expression: str
    timezone: str
    enabled: bool
    last_run_at: datetime | None
    next_run_at: datetime | None = Field(
        description="Null also until the operator has looked at a change."
    )
