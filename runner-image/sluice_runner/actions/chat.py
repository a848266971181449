"""What a step tells a chat: its parameters as messages, before a vendor's form is given to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.catalog.messages import ChatParams, Item
from sluice_runner.actions import fan_out, vendor
from sluice_runner.actions.action import Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Message:
    """One message; at least one of the three says something."""

    title: str
    text: str
    facts: Facts


Make = Callable[[Message], vendor.Call]
Told = Callable[[vendor.Call, "httpx.Response", Context], JsonValue]


async def post(params: ChatParams, make: Make, told: Told, ctx: Context) -> Done:
    """Send what the parameters come to; nothing where there is nothing to tell, as with no items.

    All messages are made before the first is sent, so that one that cannot be keeps all back.
    """
    calls = [make(message) for message in messages(params)]

    async def send(numbered: tuple[int, vendor.Call]) -> JsonValue:
        _, call = numbered
        return told(call, await vendor.send(ctx, call), ctx)

    return await fan_out.each(
        list(enumerate(calls, 1)), send, lambda numbered: f"message {numbered[0]}", ctx
    )


def messages(params: ChatParams) -> tuple[Message, ...]:
    """One with the items as lines below the text, or one for each item."""
    if params.mode == "individual":
        return tuple(_of_item(index, item, params) for index, item in enumerate(params.items))
    lines = (f"• {_line(item)}" for item in params.items)
    text = "\n".join(part for part in (params.text or "", *lines) if part)
    message = _message(params.title, text, _facts(params.facts))
    return (message,) if message.title or message.text or message.facts else ()


def within(what: str, value: str, limit: int) -> str:
    """The value; raises StepFailed where the vendor would not take it."""
    if len(value) <= limit:
        return value
    text = f"{what} has {len(value):,} characters, of which {limit:,} are possible"
    message = f"{text}: shorten it, or send fewer items or one message each (mode individual)"
    raise StepFailed("Permanent", "MessageTooLong", message)


def _of_item(index: int, item: str | Item, params: ChatParams) -> Message:
    own = Item(text=item) if isinstance(item, str) else item
    title = params.title if own.title is None else own.title
    text = params.text if own.text is None else own.text
    message = _message(title, text, _facts(own.facts or params.facts))
    if message.title or message.text or message.facts:
        return message
    raise StepFailed("Permanent", "InvalidConfig", f"with.items[{index}] says nothing")


def _message(title: str | None, text: str | None, facts: Facts) -> Message:
    """Blanks alone say nothing."""
    return Message((title or "").strip(), (text or "").strip(), facts)


def _line(item: str | Item) -> str:
    if isinstance(item, str):
        return item
    facts = ", ".join(f"{name}: {value}" for name, value in _facts(item.facts).items())
    head = ": ".join(part for part in (item.title, item.text) if part)
    return " – ".join(part for part in (head, facts) if part)


def _facts(facts: Mapping[str, JsonValue]) -> Facts:
    return dict(_worded(facts))


def _worded(facts: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if value is None:
            yield name, "–"
        elif isinstance(value, bool):
            yield name, "yes" if value else "no"
        else:
            yield name, str(value)
