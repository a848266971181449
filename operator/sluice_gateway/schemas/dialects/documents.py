"""Workflows on documents: a trigger with its configuration, and a definition."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sluice_gateway.schemas.dialects.written import Cron, Label, LongText, Text, Written, Zone

EXAMPLE: dict[str, Any] = {
    "name": "Read what comes in",
    "trigger_type": "event",
    "trigger_config": {"event": "document.uploaded", "filters": {"file_type": "pdf"}},
    "definition": {"steps": [{"id": "look", "type": "log", "config": {"message": "hello"}}]},
}


class DocumentTrigger(Written):
    """What the trigger's type needs: a schedule, or an event and what its data must be."""

    cron_expression: Cron | None = None
    timezone: Zone | None = None
    enabled: bool | None = None
    event: Annotated[str, Field(min_length=1, max_length=253, pattern=r"\S")] | None = None
    filters: dict[str, Any] | None = None


class DocumentStep(Written):
    """A step; one of type integration sends through the credential `config.integration_id`."""

    id: Label | None = None
    type: Text = Field(description="The action.")
    config: dict[str, Any] | None = Field(None, description="The action's; texts are templates.")


class DocumentDefinition(Written):
    """Steps, one after the other."""

    steps: list[DocumentStep] | None = None


class DocumentsForm(Written):
    """A workflow with a trigger of one type."""

    name: Text
    description: LongText | None = None
    enabled: bool | None = None
    trigger_type: Literal["manual", "scheduled", "webhook", "event"] | None = None
    trigger_config: DocumentTrigger | None = None
    definition: DocumentDefinition
