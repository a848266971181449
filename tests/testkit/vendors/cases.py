"""Every action that calls a vendor's API: what it is given, where, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from testkit.vendors import discord, slack, teams, twilio
from testkit.vendors.api import Api


@dataclass(frozen=True, kw_only=True)
class Case:
    """A call that succeeds."""

    action: str
    api: Callable[[], Api]
    given: Mapping[str, Any]
    output: JsonValue
    refused_as: str = "CredentialRefused"
    asks: tuple[str, ...] = field(default=())


def _messages(*messages: JsonValue) -> JsonValue:
    return {"sent": len(messages), "messages": list(messages)}


CASES = {
    "sms.send": Case(
        action="sms.send",
        api=twilio.Api,
        given={"to": "+4930123456", "text": "Order 17 is on its way"},
        output=_messages({"to": "+4930123456", "sid": f"SM{1:032x}", "status": "queued"}),
        asks=("Allowance",),
    ),
    "teams.send to a workflow": Case(
        action="teams.send",
        api=teams.Api,
        given={"title": "Orders", "text": "All are shipped", "facts": {"Orders": 12}},
        output=_messages({}),
    ),
    "teams.send to a connector": Case(
        action="teams.send",
        api=teams.HookApi,
        given={"card": "MessageCard", "text": "All are shipped", "facts": {"Orders": 12}},
        output=_messages({}),
        refused_as="Http404",
    ),
    "slack.send to a webhook": Case(
        action="slack.send",
        api=slack.Api,
        given={"title": "Orders", "text": "All are shipped", "facts": {"Orders": 12}},
        output=_messages({}),
    ),
    "slack.send as a bot": Case(
        action="slack.send",
        api=slack.BotApi,
        given={"channel": "#orders", "text": "All are shipped"},
        output=_messages({"channel": "C0ORDERS00", "ts": "1790000000.000001"}),
    ),
    "discord.send": Case(
        action="discord.send",
        api=discord.Api,
        given={"title": "Orders", "text": "All are shipped", "facts": {"Orders": 12}},
        output=_messages({"id": f"13{1:017}", "channelId": discord.CHANNEL}),
    ),
}
