"""Send several messages of one step, and tell whom they reached."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import JsonValue

from sluice_core import plain
from sluice_runner.actions.action import Context, Done, StepFailed
from sluice_runner.actions.vendor import REFUSED, WORDS

P = TypeVar("P")

LONGEST_PAUSE = 60.0  # a vendor that wants more than that has the step fail
PAUSES = 3  # for one message


@dataclass
class _Told:
    """What became of the messages so far."""

    messages: list[JsonValue] = field(default_factory=list)
    failed: list[tuple[str, StepFailed]] = field(default_factory=list)


async def each(
    parcels: Sequence[P],
    send: Callable[[P], Awaitable[JsonValue]],
    label: Callable[[P], str],
    ctx: Context,
) -> Done:
    """One after the other; `send` gives what is told of a message, `label` whom it is for.

    If nothing was sent, the step fails as the first message did, so that it may be tried again.
    If some were, it fails for good, since trying again would send those twice.
    """
    told = _Told()
    for parcel in parcels:
        try:
            told.messages.append(await _patiently(send, parcel, ctx, begun=bool(told.messages)))
        except StepFailed as failure:
            told.failed.append((label(parcel), failure))
            if not _is_about_this_one(failure):
                break
    if told.failed:
        raise _failure(told, len(parcels))
    count = len(told.messages)
    return Done(output={"sent": count, "messages": told.messages}, result={"sent": count})


async def _patiently(
    send: Callable[[P], Awaitable[JsonValue]], parcel: P, ctx: Context, *, begun: bool
) -> JsonValue:
    """Wait as long as the vendor asks for, once some are sent: the step cannot be repeated then."""
    for _ in range(PAUSES if begun else 0):
        try:
            return await send(parcel)
        except StepFailed as failure:
            pause = failure.retry_after_seconds
            if failure.failure != "RateLimited" or pause is None or pause > LONGEST_PAUSE:
                raise
            await ctx.sleep(pause)
    return await send(parcel)


def _is_about_this_one(failure: StepFailed) -> bool:
    """Whether the next message may fare better."""
    return failure.failure == "Permanent" and failure.reason != REFUSED


def _failure(told: _Told, wanted: int) -> StepFailed:
    _, first = told.failed[0]
    if not told.messages and (wanted == 1 or not _is_about_this_one(first)):
        return first
    sent = len(told.messages)
    untried = wanted - sent - len(told.failed)
    parts = [f"{sent} of {wanted} were sent, and the step does not send them again"]
    parts += [f"{label}: {failure.message}" for label, failure in told.failed]
    parts += [f"{untried} were not tried"] if untried else []
    reason = "PartlySent" if sent else first.reason
    return StepFailed("Permanent", reason, plain.cut("; ".join(parts), WORDS))
