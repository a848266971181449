"""teams.send: a card in a channel of Microsoft Teams, by an incoming webhook or a workflow.

The forms: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_core.catalog.messages import TeamsParams
from sluice_core.credentials import MicrosoftTeams
from sluice_runner.actions import chat, given, vendor
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

SUFFIXES = (".webhook.office.com", ".logic.azure.com")
FORM = "https://….webhook.office.com/… or https://….logic.azure.com/…"
PAYLOAD_BYTES = 28 * 1024
FAILED = "webhook message delivery failed"  # told with 200 by connectors, as is "HTTP error 429"


async def run(params: TeamsParams, ctx: Context) -> Done:
    """One card, or one for each item."""
    secret = given.credential(ctx, MicrosoftTeams).webhook_url.get_secret_value()
    url = vendor.webhook(secret, lambda host, _: host.endswith(SUFFIXES), FORM)

    def make(message: chat.Message) -> vendor.Call:
        card = _adaptive(message) if params.card == "AdaptiveCard" else _message_card(message)
        return _within(vendor.json_call("Teams webhook", url, card))

    return await chat.post(params, make, _told, ctx)


def _within(call: vendor.Call) -> vendor.Call:
    size = len(call.content)
    if size <= PAYLOAD_BYTES:
        return call
    message = f"the card has {size:,} bytes, of which Teams takes {PAYLOAD_BYTES:,}: shorten it"
    raise StepFailed("Permanent", "MessageTooLong", message)


def _adaptive(message: chat.Message) -> JsonValue:
    body: list[JsonValue] = []
    if message.title:
        body.append(_text(message.title) | {"weight": "Bolder", "size": "Medium"})
    if message.text:
        body.append(_text(message.text))
    if message.facts:
        facts: list[JsonValue] = [
            {"title": name, "value": value} for name, value in message.facts.items()
        ]
        body.append({"type": "FactSet", "facts": facts})
    card: dict[str, JsonValue] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment: dict[str, JsonValue] = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _text(text: str) -> dict[str, JsonValue]:
    """A line break of ours is one of the card's: its Markdown wants two of them."""
    return {"type": "TextBlock", "text": text.replace("\n", "\n\n"), "wrap": True}


def _message_card(message: chat.Message) -> JsonValue:
    facts: list[JsonValue] = [
        {"name": name, "value": value} for name, value in message.facts.items()
    ]
    section: dict[str, JsonValue] = {"markdown": True, "text": message.text.replace("\n", "\n\n")}
    card: dict[str, JsonValue] = {
        "@type": "MessageCard",
        "@context": "https://schema.org/extensions",
        "summary": message.title or message.text[:100] or "Facts",
        "sections": [section | ({"facts": facts} if facts else {})],
    }
    return card | ({"title": message.title} if message.title else {})


def _told(call: vendor.Call, answer: httpx.Response, ctx: Context) -> JsonValue:
    if not answer.is_success:
        raise vendor.refusal(call, answer, ctx)
    words = vendor.text(answer)
    if FAILED not in words.lower():
        return {}
    if "HTTP error 429" in words:
        raise StepFailed("RateLimited", "Http429", f"{call.name}: {words[:500]}")
    raise StepFailed("Permanent", "Refused", f"{call.name}: {words[:500]}")


ACTION = Action(CATALOG["teams.send"], run)
