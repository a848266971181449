"""Workflows on entities: an ordered list of typed steps, run once for each entity."""

from typing import Any, Literal

from pydantic import Field

from sluice_gateway.schemas.dialects.written import Label, LongText, Text, Written

EXAMPLE: dict[str, Any] = {
    "name": "Look at orders",
    "entityTypeId": "order",
    "steps": [{"id": "look", "type": "log", "config": {"message": "hello"}}],
}


class EntityStep(Written):
    """A typed step."""

    id: Label | None = None
    type: Text = Field(description="The action.")
    config: dict[str, Any] | None = Field(None, description="The action's; texts are templates.")
    credential: Label | None = None


class EntitiesForm(Written):
    """A workflow that runs once for each entity of a type."""

    name: Text
    description: LongText | None = None
    entityTypeId: Text  # noqa: N815 - as callers write it
    status: Literal["active", "draft", "archived"] | None = None
    steps: list[EntityStep] = Field(min_length=1)
