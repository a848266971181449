"""Slack's incoming webhooks and chat.postMessage, with the errors of their references.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/reference/methods/chat.postMessage,
https://docs.slack.dev/reference/block-kit/blocks
"""

from typing import Annotated, Literal

from pydantic import Field

from sluice_core.credentials import Slack
from testkit.https_server import Answer, Received
from testkit.vendors.api import Body, Refused, as_json, as_text, json_of

HOOK, TOKEN = "/services/T0AAAAAAA/B0BBBBBBB/cccccccccccccccccccccccc", "xoxb-1-2-aaaaaaaaaaaa"
CHANNELS = {"#orders": "C0ORDERS00", "C0ORDERS00": "C0ORDERS00"}


class Plain(Body):
    type: Literal["plain_text"]
    text: Annotated[str, Field(min_length=1, max_length=150)]


class Mrkdwn(Body):
    type: Literal["mrkdwn"]
    text: Annotated[str, Field(min_length=1, max_length=3000)]


class Short(Mrkdwn):
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class Header(Body):
    type: Literal["header"]
    text: Plain


class Section(Body):
    type: Literal["section"]
    text: Mrkdwn | None = None
    fields: Annotated[list[Short], Field(min_length=1, max_length=10)] | None = None


class Divider(Body):
    type: Literal["divider"]


Block = Annotated[Header | Section | Divider, Field(discriminator="type")]


class Message(Body):
    text: Annotated[str, Field(max_length=40_000)] = ""
    blocks: Annotated[list[Block], Field(max_length=50)] = []


class Post(Message):
    channel: str


class Api:
    """A webhook; keeps the messages that it took."""

    hosts: tuple[str, ...] = ("hooks.slack.com",)
    credential = Slack.model_validate({"webhookUrl": f"https://hooks.slack.com{HOOK}"})
    wrong_credential = Slack.model_validate({"webhookUrl": f"https://hooks.slack.com{HOOK[:-1]}X"})

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, request: Received) -> Answer:
        assert request.method == "POST"
        assert request.headers["host"] == "hooks.slack.com"
        if request.target != HOOK:
            raise Refused(as_text(403, "invalid_token"))
        message = json_of(request, Message, lambda _: as_text(400, "invalid_payload"))
        if not message.text and not message.blocks:
            raise Refused(as_text(400, "no_text"))
        self.messages.append(message)
        return as_text(200, "ok")

    def rate_limited(self) -> tuple[Answer, float]:
        return as_text(429, "rate_limited", Retry_After="30"), 30


class BotApi(Api):
    """The Web API, which tells most errors with status 200."""

    hosts = ("slack.com",)
    credential = Slack.model_validate({"botToken": TOKEN})
    wrong_credential = Slack.model_validate({"botToken": "xoxb-of-yesterday"})

    def __call__(self, request: Received) -> Answer:
        assert (request.method, request.target) == ("POST", "/api/chat.postMessage")
        assert request.headers["host"] == "slack.com"
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _error("invalid_auth")
        assert request.headers["content-type"] == "application/json; charset=utf-8"
        message = json_of(request, Post, lambda _: _error("invalid_arguments").answer)
        if message.channel not in CHANNELS:
            raise _error("channel_not_found")
        if not message.text and not message.blocks:
            raise _error("no_text")
        self.messages.append(message)
        ts = f"1790000000.{len(self.messages):06}"
        return as_json(200, {"ok": True, "channel": CHANNELS[message.channel], "ts": ts})

    def rate_limited(self) -> tuple[Answer, float]:
        return as_json(429, {"ok": False, "error": "ratelimited"}, Retry_After="30"), 30


def error(code: str) -> Answer:
    return as_json(200, {"ok": False, "error": code})


def _error(code: str) -> Refused:
    return Refused(error(code))
