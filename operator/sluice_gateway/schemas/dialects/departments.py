"""Workflows of departments: an event by number; steps are added later, each with a template."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from sluice_gateway.schemas.dialects.written import Label, LongText, Text, Written

EXAMPLE: dict[str, Any] = {"Name": "Welcome", "TriggerEventType": 0, "MaxRetryCount": 3}


class _Pascal(Written):
    model_config = ConfigDict(alias_generator=to_pascal)


class DepartmentsForm(_Pascal):
    """A workflow of a department, without its steps."""

    name: Text
    description: LongText | None = None
    trigger_event_type: int = Field(ge=0, le=10_000, description="As GET /event-types numbers it.")
    is_enabled: bool | None = None
    max_retry_count: int | None = Field(None, ge=0, le=1_000_000, description="At most 5 are kept.")
    retry_backoff_base_seconds: int | None = Field(None, ge=0, le=3600)


class NumberedStepForm(_Pascal):
    """A step with its place in the order."""

    step_order: int = Field(ge=0, le=100_000)
    action_type: Annotated[int, Field(ge=0, le=14)] | Text = Field(
        description="Number or name of the action."
    )
    output_template: str = Field(
        min_length=1, max_length=65_536, pattern=r"\S", description="Scriban; the action's text."
    )
    action_config: str | None = Field(
        None,
        min_length=1,
        max_length=1 << 20,
        pattern=r"\S",
        description="The action's configuration, as JSON in a text.",
    )
    is_enabled: bool | None = None
    workflow_credential_id: Label | None = None
