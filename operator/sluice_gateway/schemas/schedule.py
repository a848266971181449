"""When a workflow runs by the clock."""

from datetime import datetime
from typing import Any

from pydantic import RootModel

from sluice_gateway.schemas.form import Answer


class ScheduleForm(RootModel[dict[str, Any]]):
    """A schedule, in any spelling: cron_expression, timezone, enabled."""


class ScheduleAnswer(Answer):
    """When a workflow runs by the clock."""

    workflow_id: str
    cron_expression: str
    timezone: str
    enabled: bool
    last_run_at: datetime | None
    next_run_at: datetime | None
