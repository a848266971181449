"""notify: tell people something, by whatever they have a credential for."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_core.catalog.action import ActionType, Params
from sluice_core.catalog.email import Addresses, Line, Sender

TITLE, MESSAGE = 140, 3000  # what the narrowest of them takes


class NotifyParams(Params):
    """Tell people: `title`, `message`, and how bad it is.

    With a credential it is posted to Slack, Teams or Discord, sent as e-mail `to` somebody, or
    posted as JSON `{title, message, level}` to a Webhook. Without one it is a Kubernetes Event
    about the run, Normal or Warning, of which a workflow has 60 a minute; with `--local` it is a
    line of the log. The output is `{via}`: the type of the credential, or Event.
    """

    title: Annotated[Line, Field(min_length=1, max_length=TITLE)]
    message: Annotated[str, Field(max_length=MESSAGE)] = ""
    level: Literal["info", "warning", "error"] = "info"
    channel: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=80,
            description="of Slack, for bots; that of the credential when absent",
        ),
    ] = None
    to: Annotated[Addresses, Field(description="of e-mail")] = ()
    from_: Annotated[
        Sender | None,
        Field(alias="from", description="of e-mail; the credential's `from` if absent"),
    ] = None

    @property
    def headline(self) -> str:
        """The title; a level that is not the usual one shows in it."""
        return self.title if self.level == "info" else f"{self.level.capitalize()}: {self.title}"


TYPES = (
    ActionType(
        name="notify",
        title="Notify people",
        category="messages",
        role="delivers",
        params=NotifyParams,
        sample={"title": "Import failed", "message": "{{ data.error }}", "level": "warning"},
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        credentials=("Slack", "MicrosoftTeams", "Discord", "Smtp", "Webhook"),
        reaches=(443, 465, 587),
    ),
)
