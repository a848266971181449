"""Workflows of business steps: an ordered list, by the clock or by hand."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sluice_gateway.schemas.dialects.written import Cron, Text, Word, Written, Zone

EXAMPLE: dict[str, Any] = {
    "name": "Every morning",
    "trigger_type": "schedule",
    "cron_expression": "0 9 * * 1-5",
    "timezone": "Europe/Berlin",
    "steps": [{"step_type": "create_notification", "step_config": {"message": "hello"}}],
}


class BusinessStep(Written):
    """A step."""

    step_type: Text = Field(description="The action.")
    step_config: dict[str, Any] | None = Field(
        None, description="The action's; texts are templates."
    )


class BusinessForm(Written):
    """A workflow of business steps; `cron_expression` is for those that run by the clock."""

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]
    description: Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")] | None = None
    status: Literal["active", "paused"] | None = None
    trigger_type: Literal["schedule", "manual"] | None = None
    cron_expression: Cron | None = None
    timezone: Zone | None = None
    visibility: Literal["private", "tenant", "shared"] | None = None
    shared_user_ids: list[Word] | None = None
    shared_role_ids: list[Word] | None = None
    steps: list[BusinessStep] = Field(min_length=1)
