"""Discord's Execute Webhook, with its limits, its errors and its 429.

https://discord.com/developers/docs/resources/webhook#execute-webhook,
https://discord.com/developers/docs/resources/message#embed-object-embed-limits,
https://discord.com/developers/docs/topics/rate-limits
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sluice_core.credentials import Discord
from testkit.https_server import Answer, Received
from testkit.vendors.api import Body, Refused, as_json, json_of

CHANNEL, HOOK = "1100000000000000001", "/api/webhooks/1200000000000000002/aB3_-" + "x" * 63


class EmbedField(Body):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    value: Annotated[str, Field(min_length=1, max_length=1024)]
    inline: bool = False


class Embed(Body):
    title: Annotated[str, Field(max_length=256)] = ""
    description: Annotated[str, Field(max_length=4096)] = ""
    fields: Annotated[list[EmbedField], Field(max_length=25)] = []

    @property
    def size(self) -> int:
        facts = sum(len(field.name) + len(field.value) for field in self.fields)
        return len(self.title) + len(self.description) + facts


class AllowedMentions(Body):
    parse: list[Literal["roles", "users", "everyone"]] = []


class Message(Body):
    content: Annotated[str, Field(max_length=2000)] = ""
    username: Annotated[str, Field(min_length=1, max_length=80)] = "hook"
    embeds: Annotated[list[Embed], Field(max_length=10)] = []
    allowed_mentions: AllowedMentions

    @model_validator(mode="after")
    def _of_all_embeds(self) -> Self:
        assert sum(embed.size for embed in self.embeds) <= 6000
        return self


class Api:
    """Keeps the messages that it took."""

    hosts = ("discord.com",)
    credential = Discord.model_validate({"webhookUrl": f"https://discord.com{HOOK}"})
    wrong_credential = Discord.model_validate({"webhookUrl": f"https://discord.com{HOOK}y"})

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, request: Received) -> Answer:
        path, _, query = request.target.partition("?")
        assert (request.method, request.headers["host"]) == ("POST", "discord.com")
        if path != HOOK:
            raise Refused(as_json(401, {"message": "Invalid Webhook Token", "code": 50027}))
        message = json_of(request, Message, _invalid)
        if not message.content and not message.embeds:
            raise Refused(as_json(400, {"message": "Cannot send an empty message", "code": 50006}))
        self.messages.append(message)
        if query != "wait=true":
            return Answer(204)
        made = {"id": f"13{len(self.messages):017}", "channel_id": CHANNEL, "type": 0}
        return as_json(200, made | {"content": message.content})

    def rate_limited(self) -> tuple[Answer, float]:
        body = {"message": "You are being rate limited.", "retry_after": 0.75, "global": False}
        return as_json(429, body, Retry_After="1"), 0.75


def _invalid(why: str) -> Answer:
    return as_json(400, {"message": "Invalid Form Body", "code": 50035, "errors": {"_": why}})
