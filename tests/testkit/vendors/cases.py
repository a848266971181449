"""Every action that calls a vendor's API: what it is given, where, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from testkit.vendors import azure, box, discord, dropbox, s3, slack, teams, twilio
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


BOX_FILE: JsonValue = {
    "id": "1000",
    "name": "orders.csv",
    "version": "100001",
    "sha1": "6697da9ae843e12b3238094e50b32c168eea58b4",
    "size": 7,
}
DROPBOX_FILE: JsonValue = {
    "id": f"id:{0:020}",
    "path": "/reports/Übersicht.csv",
    "rev": "01",
    "size": 7,
}
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
    "s3.upload": Case(
        action="s3.upload",
        api=s3.Api,
        given={"bucket": s3.BUCKET, "key": "orders/o 2ü.txt", "body": "12"},
        output={
            "bucket": s3.BUCKET,
            "key": "orders/o 2ü.txt",
            "etag": "c20ad4d76fe97759aa27a0c99bff6710",
            "versionId": None,
            "size": 2,
        },
    ),
    "s3.download": Case(
        action="s3.download",
        api=s3.Api,
        given={"bucket": s3.BUCKET, "key": "orders/o-1.json"},
        output={
            "body": {"id": "o-1"},
            "contentType": "application/json",
            "size": 13,
            "etag": "68b99026259c9e8dda8eecad210a064b",
            "metadata": {},
        },
    ),
    "azureblob.upload": Case(
        action="azureblob.upload",
        api=azure.Api,
        given={"container": "exports", "blob": "orders/o-1.json", "body": {"id": "o-1"}},
        output={
            "container": "exports",
            "blob": "orders/o-1.json",
            "etag": "0x8D1",
            "versionId": "2026-03-01T12:00:00Z",
            "size": 12,
        },
    ),
    "box.upload": Case(
        action="box.upload",
        api=box.Api,
        given={"folder": "17", "name": "orders.csv", "body": "o-1;12\n"},
        output=BOX_FILE,
    ),
    "box.upload with a refresh token": Case(
        action="box.upload",
        api=box.RenewingApi,
        given={"folder": "17", "name": "orders.csv", "body": "o-1;12\n"},
        output=BOX_FILE,
    ),
    "dropbox.upload": Case(
        action="dropbox.upload",
        api=dropbox.Api,
        given={"path": "/reports/Übersicht.csv", "body": "o-1;12\n"},
        output=DROPBOX_FILE,
    ),
    "dropbox.upload with a refresh token": Case(
        action="dropbox.upload",
        api=dropbox.RenewingApi,
        given={"path": "/reports/Übersicht.csv", "body": "o-1;12\n"},
        output=DROPBOX_FILE,
    ),
}
