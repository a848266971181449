"""Answers to what steps ask of the operator: sent until they have arrived, or nobody waits."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from pydantic import JsonValue, ValidationError

from sluice_core import wire
from sluice_operator.run.observed import Run

REPLY_AGAIN_SECONDS = 1.0


class Declined(Exception):  # noqa: N818 - an answer, not a fault
    """What was asked for is not done; how the step that asked fails."""

    def __init__(self, reason: str, message: str, failure: wire.FailureClass = "Permanent") -> None:
        super().__init__(message)
        self.reason, self.message, self.failure = reason, message, failure


Serve = Callable[[Run, wire.Request], Awaitable[JsonValue]]
"""Does what a request asks for, and gives the value of the reply; raises Declined.

A body that is not what it should be may raise pydantic's ValidationError.
"""


@dataclass(frozen=True)
class Asked:
    """A request of an attempt, which waits for its reply."""

    run: Run
    attempt: int
    request: str

    @classmethod
    def of(cls, run: Run, request: wire.Request) -> Self:
        """As it was asked by the attempt that goes on."""
        return cls(run, run.attempt, request.request)


class Replies:
    """`deliver` hands a reply to the run's runner, and says whether that took it."""

    def __init__(self, deliver: Callable[[Run, wire.Reply], Awaitable[bool]]) -> None:
        self._deliver = deliver

    async def serve(self, run: Run, request: wire.Request, serve: Serve) -> None:
        """Do what is asked, and say what came of it."""
        asked = Asked.of(run, request)
        try:
            value = await serve(run, request)
        except Declined as declined:
            await self.refuse(asked, declined.reason, declined.message, declined.failure)
        except ValidationError as error:
            await self.refuse(asked, "InvalidRequest", str(error))
        else:
            await self.give(asked, value)

    async def give(self, asked: Asked, value: JsonValue) -> None:
        """It is done."""
        await self._send(asked, ok=True, value=value)

    async def refuse(
        self, asked: Asked, reason: str, message: str, failure: wire.FailureClass = "Permanent"
    ) -> None:
        """It is not done, and the step fails."""
        await self._send(asked, ok=False, reason=reason, message=message, failure=failure)

    async def _send(self, asked: Asked, **fields: Any) -> None:
        """Until it has arrived, or nobody waits for it: the attempt is another, or over."""
        reply = wire.Reply(attempt=asked.attempt, request=asked.request, **fields)
        while asked.run.attempt == asked.attempt and not asked.run.ending:
            if await self._deliver(asked.run, reply):
                return
            await asyncio.sleep(REPLY_AGAIN_SECONDS)
