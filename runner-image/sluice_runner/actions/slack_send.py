"""slack.send: post to Slack, by an incoming webhook or as a bot.

The forms: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_core.catalog.messages import SlackParams
from sluice_core.credentials import Slack
from sluice_core.wire import FailureClass
from sluice_runner.actions import chat, given, vendor
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

HOST, FORM = "hooks.slack.com", "https://hooks.slack.com/services/…"
POST_MESSAGE = "https://slack.com/api/chat.postMessage"
MENTION = re.compile(r"<(?=[!@])")
CREDENTIAL_ERRORS = frozenset(
    {
        "account_inactive",
        "action_prohibited",
        "invalid_auth",
        "invalid_token",
        "missing_scope",
        "no_active_hooks",
        "no_permission",
        "no_service",
        "no_team",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
OTHERS: dict[str, FailureClass] = {
    "ratelimited": "RateLimited",
    "rate_limited": "RateLimited",
    "internal_error": "Transient",
    "fatal_error": "Transient",
    "service_unavailable": "Transient",
    "request_timeout": "Timeout",
}
SECTION, HEADER, FACT, TEXT, FIELDS = 3000, 150, 2000, 40_000, 10


async def run(params: SlackParams, ctx: Context) -> Done:
    """One message, or one for each item."""
    account = given.credential(ctx, Slack)
    if account.bot_token:
        make, told = _as_bot(account, params)
    else:
        make, told = _by_hook(account, params)
        if params.channel:  # perhaps a default of the credential
            ctx.log("warning", f"not used: channel {params.channel}, for a webhook has its own")
    return await chat.post(params, make, told, ctx)


def _by_hook(account: Slack, params: SlackParams) -> tuple[chat.Make, chat.Told]:
    secret = account.webhook_url.get_secret_value() if account.webhook_url else ""
    url = vendor.webhook(secret, lambda host, _: host == HOST, FORM)

    def make(message: chat.Message) -> vendor.Call:
        return vendor.json_call("Slack webhook", url, _payload(message, params))

    return make, _told_by_hook


def _as_bot(account: Slack, params: SlackParams) -> tuple[chat.Make, chat.Told]:
    token = account.bot_token.get_secret_value() if account.bot_token else ""
    channel = params.channel or account.channel
    if not channel:
        message = "with.channel is missing, and the credential has none: say where to post"
        raise StepFailed("Permanent", "InvalidConfig", message)

    def make(message: chat.Message) -> vendor.Call:
        body = {"channel": channel, **_payload(message, params)}
        return vendor.json_call("Slack chat.postMessage", POST_MESSAGE, body).authorized(token)

    return make, _told_to_bot


def _told_by_hook(call: vendor.Call, answer: httpx.Response, ctx: Context) -> JsonValue:
    if answer.is_success:
        return {}
    known = vendor.text(answer).strip() in CREDENTIAL_ERRORS
    raise vendor.refusal(call, answer, ctx, reason=vendor.REFUSED if known else "")


def _told_to_bot(call: vendor.Call, answer: httpx.Response, ctx: Context) -> JsonValue:
    said = vendor.fields(answer)
    if said.get("ok") is True and answer.is_success:
        return {"channel": said.get("channel"), "ts": said.get("ts")}
    error = str(said.get("error") or "")
    if not answer.is_success:
        raise vendor.refusal(call, answer, ctx, error)
    if not error:
        raise vendor.unreadable(call)
    raise _failure(call, error, said)


def _failure(call: vendor.Call, error: str, said: Mapping[str, JsonValue]) -> StepFailed:
    """Slack tells errors with status 200."""
    needed = f", it needs the scope {said['needed']}" if said.get("needed") else ""
    message = f"{call.name}: {error[:500]}{needed}"
    if error in CREDENTIAL_ERRORS:
        return StepFailed("Permanent", vendor.REFUSED, f"{message}: {vendor.NOT_ACCEPTED}")
    return StepFailed(OTHERS.get(error, "Permanent"), "Refused", message)


def _payload(message: chat.Message, params: SlackParams) -> dict[str, JsonValue]:
    """`text` is what notifications show, and all of it where there are no blocks."""
    plainly = "\n".join(
        (message.title, message.text, *(f"{name}: {it}" for name, it in message.facts.items()))
    ).strip("\n")
    text = chat.within("the message", _quiet(plainly, params), TEXT)
    blocks = [_quietly(block, params) for block in params.blocks] or _blocks(message, params)
    payload: dict[str, JsonValue] = {"text": text}
    return payload | ({"blocks": blocks} if blocks else {})


def _blocks(message: chat.Message, params: SlackParams) -> list[JsonValue]:
    """None where the text alone says it."""
    if not message.title and not message.facts:
        return []
    blocks: list[JsonValue] = []
    if message.title:
        title = chat.within("title", message.title, HEADER)
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title}})
    if message.text:
        text = chat.within("text below a title", _quiet(message.text, params), SECTION)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    facts: list[JsonValue] = [
        {"type": "mrkdwn", "text": chat.within("a fact", _quiet(f"*{name}*\n{it}", params), FACT)}
        for name, it in message.facts.items()
    ]
    for begin in range(0, len(facts), FIELDS):
        blocks += [{"type": "section", "fields": facts[begin : begin + FIELDS]}]
    return blocks


def _quiet(text: str, params: SlackParams) -> str:
    """Without mentions, which Slack writes <!channel> and <@U1>; links stay."""
    return text if params.mentions else MENTION.sub("&lt;", text)


def _quietly(value: JsonValue, params: SlackParams) -> JsonValue:
    if isinstance(value, str):
        return _quiet(value, params)
    if isinstance(value, list):
        return [_quietly(each, params) for each in value]
    if isinstance(value, dict):
        return {name: _quietly(each, params) for name, each in value.items()}
    return value


ACTION = Action(CATALOG["slack.send"], run)
