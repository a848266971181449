"""The gateway itself."""

from typing import Literal

from pydantic import BaseModel, Field


class WebhookKey(BaseModel):
    """A key that signs notifications, its id of the key itself."""

    id: str
    public_key: str = Field(description="whpk_ and base64, as Standard Webhooks has it")


class WebhookKeyList(BaseModel):
    """The key in use, and the one before it."""

    keys: list[WebhookKey]


class Health(BaseModel):
    """Whether the gateway can do its work, and what it lacks."""

    status: Literal["ok", "unavailable"]
    waiting_for: list[str] = []
