"""discord.send: post to a channel of Discord by its webhook.

The form: https://discord.com/developers/docs/resources/webhook#execute-webhook
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_core.catalog.messages import DiscordParams
from sluice_core.credentials import Discord
from sluice_runner.actions import chat, given, vendor
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

HOSTS = frozenset({"discord.com", "discordapp.com"})
PATH = re.compile(r"/api/webhooks/[0-9]{1,20}/[A-Za-z0-9_-]{1,200}", re.ASCII)
FORM = "https://discord.com/api/webhooks/…"
CONTENT, EMBED_TITLE, EMBED_TEXT, FACT_VALUE, EMBED = 2000, 256, 4096, 1024, 6000


async def run(params: DiscordParams, ctx: Context) -> Done:
    """One message, or one for each item."""
    secret = given.credential(ctx, Discord).webhook_url.get_secret_value()
    hook = vendor.webhook(secret, _is_a_webhook, FORM)
    url = hook.copy_merge_params({"wait": "true"})  # or it answers before it has looked

    def make(message: chat.Message) -> vendor.Call:
        return vendor.json_call("Discord webhook", url, _payload(message, params))

    return await chat.post(params, make, _told, ctx)


def _is_a_webhook(host: str, path: str) -> bool:
    return host in HOSTS and PATH.fullmatch(path) is not None


def _payload(message: chat.Message, params: DiscordParams) -> JsonValue:
    embeds = [*_embeds(message), *params.embeds]
    payload: dict[str, JsonValue] = {"allowed_mentions": {"parse": list(params.mentions)}}
    if params.username:
        payload["username"] = params.username
    if message.text and not message.title and not message.facts:
        payload["content"] = chat.within("the message", message.text, CONTENT)
    if embeds:
        payload["embeds"] = list(embeds)
    return payload


def _embeds(message: chat.Message) -> list[dict[str, JsonValue]]:
    """None where the text alone says it."""
    if not message.title and not message.facts:
        return []
    facts = "".join(f"{name}{value}" for name, value in message.facts.items())
    chat.within("all of the message", f"{message.title}{message.text}{facts}", EMBED)
    embed: dict[str, JsonValue] = {}
    if message.title:
        embed["title"] = chat.within("title", message.title, EMBED_TITLE)
    if message.text:
        embed["description"] = chat.within("text below a title", message.text, EMBED_TEXT)
    if message.facts:
        embed["fields"] = [
            {"name": name, "value": chat.within("a fact", value or "–", FACT_VALUE), "inline": True}
            for name, value in message.facts.items()
        ]
    return [embed]


def _told(call: vendor.Call, answer: httpx.Response, ctx: Context) -> JsonValue:
    said = vendor.fields(answer)
    if not answer.is_success:
        raise _failure(call, answer, ctx)
    if not isinstance(said.get("id"), str):
        raise vendor.unreadable(call)
    return {"id": said["id"], "channelId": said.get("channel_id")}


def _failure(call: vendor.Call, answer: httpx.Response, ctx: Context) -> StepFailed:
    """The body of a 429 knows the pause to the millisecond, the header to the second."""
    said = vendor.fields(answer)
    words = f"{said['message']} ({said.get('code')})" if said.get("message") else ""
    unknown_or_wrong = said.get("code") in (10015, 50027)
    reason = vendor.REFUSED if unknown_or_wrong else ""
    failure = vendor.refusal(call, answer, ctx, words, reason)
    pause = said.get("retry_after")
    if failure.failure == "RateLimited" and isinstance(pause, int | float):
        failure.retry_after_seconds = float(pause)
    return failure


ACTION = Action(CATALOG["discord.send"], run)
