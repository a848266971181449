"""sms.send, teams.send, slack.send and discord.send: tell people something."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from sluice_core.catalog.action import ActionType, Params
from sluice_core.wire import FailureClass

ITEMS = 50
RECIPIENTS = 100
SMS_CHARACTERS = 1600
FAILURES: tuple[FailureClass, ...] = ("Transient", "Timeout", "RateLimited", "Permanent")

Number = Annotated[  # E.164 of the ITU
    str, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$", strip_whitespace=True)
]
Sender = Annotated[  # a number, a short code, an alphanumeric sender ID, a messaging service
    str,
    StringConstraints(
        pattern=r"^(\+[1-9][0-9]{1,14}|[0-9]{3,8}|[A-Za-z0-9 &.+_-]{1,11}|MG[0-9a-fA-F]{32})$"
    ),
]
Title = Annotated[str, Field(max_length=250)]
Text = Annotated[str, Field(max_length=40_000)]
Facts = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=250)], str | int | float | bool | None],
    Field(max_length=25),
]


class SmsParams(Params):
    """One message for each recipient; the output is `{sent, messages: [{to, sid, status}]}`."""

    to: Annotated[
        Number | Annotated[tuple[Number, ...], Field(min_length=1, max_length=RECIPIENTS)],
        Field(description="one number or several, such as +4930123456"),
    ]
    text: Annotated[str, Field(min_length=1, max_length=SMS_CHARACTERS)]
    from_: Annotated[
        Sender | None,
        Field(alias="from", description="number or service; that of the credential when absent"),
    ] = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each number once."""
        return (self.to,) if isinstance(self.to, str) else tuple(dict.fromkeys(self.to))


class Item(Params):
    """One of several things to tell."""

    title: Title | None = None
    text: Text | None = None
    facts: Facts = {}


class ChatParams(Params):
    """`title`, `text` and `facts`, names with a value; the output is `{sent, messages}`.

    `items` follow as a list, or with mode `individual` are a message each, in which the step's own
    title, text and facts stand for what an item does not have.
    """

    title: Title | None = None
    text: Text | None = None
    facts: Facts = {}
    items: Annotated[
        tuple[Text | Item, ...],
        Field(max_length=ITEMS, description="further things to tell, as lines or as messages"),
    ] = ()
    mode: Annotated[
        Literal["aggregated", "individual"],
        Field(description="one message, or one for each of items"),
    ] = "aggregated"

    @model_validator(mode="after")
    def _says_something(self) -> "ChatParams":
        if not self.model_fields_set & {"title", "text", "facts", "items"}:
            raise ValueError("give title, text, facts or items")
        if self.mode == "individual" and "items" not in self.model_fields_set:
            raise ValueError("mode individual sends one message for each of items: give items")
        return self


class TeamsParams(ChatParams):
    """The output is `{sent, messages}`, an empty object for each message.

    `card` is how it is written down: `MessageCard` is for webhooks of Office 365 connectors.
    """

    card: Literal["AdaptiveCard", "MessageCard"] = "AdaptiveCard"


class SlackParams(ChatParams):
    """The output is `{sent, messages: [{channel, ts}]}`; of a webhook, empty objects.

    Nobody is notified by what the text holds, unless `mentions` is true.
    `blocks` is Block Kit, shown in place of title, text and facts, which notifications show.
    """

    channel: Annotated[
        str | None,
        Field(
            min_length=1, max_length=80, description="for bots; that of the credential when absent"
        ),
    ] = None
    blocks: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=50)] = ()
    mentions: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _blocks_of_one(self) -> "SlackParams":
        if self.blocks and self.mode == "individual":
            raise ValueError("blocks are one message: use mode aggregated")
        return self


class DiscordParams(ChatParams):
    """The output is `{sent, messages: [{id, channelId}]}`.

    Nobody is notified by what the text holds, but those whom `mentions` lists.
    `embeds` are Discord's own, sent as they are.
    """

    username: Annotated[str | None, Field(min_length=1, max_length=80)] = None
    embeds: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=10)] = ()
    mentions: Annotated[tuple[Literal["users", "roles", "everyone"], ...], Field(max_length=3)] = ()

    @model_validator(mode="after")
    def _embeds_of_one(self) -> "DiscordParams":
        if self.embeds and self.mode == "individual":
            raise ValueError("embeds are one message: use mode aggregated")
        return self


def _row(
    name: str, title: str, params: type[Params], credential: str, sample: dict[str, JsonValue]
) -> ActionType:
    return ActionType(
        name=name,
        title=title,
        category="messages",
        role="delivers",
        params=params,
        sample=sample,
        failures=FAILURES,
        reaches=(443,),
        credentials=(credential,),
    )


TYPES = (
    _row(
        "sms.send",
        "Send text messages by Twilio",
        SmsParams,
        "Twilio",
        {"to": "+4930123456", "text": "Order {{ data.id }} is on its way"},
    ),
    _row(
        "teams.send",
        "Post to Microsoft Teams",
        TeamsParams,
        "MicrosoftTeams",
        {"title": "Orders of today", "text": "All are shipped", "facts": {"Orders": 12}},
    ),
    _row(
        "slack.send",
        "Post to Slack",
        SlackParams,
        "Slack",
        {"channel": "#orders", "text": "Order {{ data.id }} is on its way"},
    ),
    _row(
        "discord.send",
        "Post to Discord",
        DiscordParams,
        "Discord",
        {"text": "Order {{ data.id }} is on its way"},
    ),
)
