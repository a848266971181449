"""email.send: hand messages to the credential's mail server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic import JsonValue, TypeAdapter, ValidationError

from sluice_core import credentials, wire
from sluice_core.catalog import CATALOG
from sluice_core.catalog.email import EmailSendParams, Sender
from sluice_runner.actions import given
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    from sluice_runner.actions.email_message import Envelope
    from sluice_runner.actions.smtp import Session

SENDER = TypeAdapter[str](Sender)
NAMED_FAILURES = 10


async def run(params: EmailSendParams, ctx: Context) -> Done:
    """Ask the plan first; a message that was handed over is not sent again by a retry."""
    from sluice_runner.actions.email_message import envelopes  # noqa: PLC0415 - needs nh3

    credential = given.credential(ctx, credentials.Smtp)
    sender = _sender(params, credential)
    letters = await asyncio.to_thread(envelopes, params, sender, ctx.key, ctx.now())
    await _ask(params, letters, ctx)
    await _hand_over(letters, credential, ctx)
    messages: list[JsonValue] = [
        {"messageId": letter.message_id, "recipients": list(letter.recipients)}
        for letter in letters
    ]
    result: JsonValue = {
        "messages": len(letters),
        "recipients": sum(len(letter.recipients) for letter in letters),
    }
    return Done(
        output={"messages": messages} if params.mode == "individual" else messages[0], result=result
    )


def _sender(params: EmailSendParams, credential: credentials.Smtp) -> str:
    login = credential.username.get_secret_value() if credential.username else ""
    for where, text in (
        ("with.from", params.from_),
        ("the credential's from", credential.from_),
        ("with.from is absent, and the credential's username", login),
    ):
        if text:
            return _checked(where, text)
    message = "with.from: is absent, and the credential has no `from`: give one of them"
    raise StepFailed("Permanent", "InvalidConfig", message)


def _checked(where: str, text: str) -> str:
    try:
        return SENDER.validate_python(text)
    except ValidationError as error:
        message = f"{where} is not an e-mail address such as ada@example.com: give with.from"
        raise StepFailed("Permanent", "InvalidConfig", message) from error


async def _ask(params: EmailSendParams, letters: tuple[Envelope, ...], ctx: Context) -> None:
    asked = wire.Allowance(
        send="Email",
        count=len(letters),
        recipients=max(len(letter.recipients) for letter in letters),
        cc=len({*params.cc, *params.bcc}),
        key=ctx.key,
    )
    await ctx.ask("Allowance", asked.model_dump(by_alias=True))


async def _hand_over(
    letters: tuple[Envelope, ...], credential: credentials.Smtp, ctx: Context
) -> None:
    from sluice_runner.actions import smtp  # noqa: PLC0415 - needs aiosmtplib
    from sluice_runner.actions.network_failure import failures_of  # noqa: PLC0415

    guard, where = ctx.guard(), str(smtp.target(credential))
    key = ("smtp", where, credential.tls, credential.secrets())
    sent = 0
    failed: dict[str, StepFailed] = {}  # by recipient

    async def login() -> Session:
        return await smtp.login(guard, credential, ctx.timeout_seconds)

    for letter in letters:
        refused = None
        try:
            with failures_of(where):
                async with guard.kept.lent(key, login) as session:
                    refused = await session.send(letter.sender, letter.recipients, letter.message)
        except StepFailed as failure:
            failed[letter.recipients[0]] = failure
            break  # the next one would meet the same
        if refused is None:
            sent += 1
        else:
            failed[letter.recipients[0]] = refused
    if failed:
        raise _failure(failed, sent, len(letters))


def _failure(failed: dict[str, StepFailed], sent: int, of: int) -> StepFailed:
    """A step that has sent some is not repeated of itself: these would get theirs twice."""
    first = next(iter(failed.values()))
    if of == 1:
        return first
    said = "; ".join(one.message for one in list(failed.values())[:NAMED_FAILURES])
    message = f"{sent} of {of} messages were sent, {len(failed)} were refused: {said}"
    if sent:
        return StepFailed("Permanent", "PartlySent", message)
    return StepFailed(first.failure, first.reason, message, first.retry_after_seconds)


ACTION = Action(CATALOG["email.send"], run)
