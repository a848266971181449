"""One attempt of a run while the runner holds it: what the engine is given, and what it tells."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Protocol, TypeVar

from pydantic import JsonValue

from sluice_core import wire
from sluice_runner.server.journal import Record

DefinitionT = TypeVar("DefinitionT")


@dataclass(eq=False)
class Attempt(Generic[DefinitionT]):
    """`emit` is the one way out for what happens; `ask` waits for what only the operator can do."""

    request: wire.RunRequest
    definition: DefinitionT
    record: Record
    keep: "Callable[[Attempt[DefinitionT], wire.Happening], None]"
    settle: "Callable[[Attempt[DefinitionT], str], None]"
    task: "asyncio.Task[None] | None" = None
    cancelling: bool = False
    interrupting: bool = False
    _waiting: dict[str, asyncio.Future[wire.Reply]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def running(self) -> bool:
        """It has a slot still."""
        return self.task is None or not self.task.done()

    def emit(self, what: wire.Happening) -> None:
        """Tell the operator; after the end of the attempt nothing is told any more."""
        if self.interrupting:
            translated = _interrupted(what)
            if translated is None:
                return
            what = translated
        self.keep(self, what)

    async def ask(
        self, step: str, kind: wire.RequestKind, body: dict[str, JsonValue]
    ) -> wire.Reply:
        """Send a request up the event stream and wait for its reply, however long that takes."""
        request = wire.Request(request=str(next(self._numbers)), step=step, kind=kind, body=body)
        reply: asyncio.Future[wire.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.request] = reply
        try:
            self.emit(request)
            return await reply
        finally:
            del self._waiting[request.request]
            self.settle(self, request.request)

    def answer(self, reply: wire.Reply) -> None:
        """Resolve what waits for it; a reply that comes twice, or too late, is nothing."""
        waiting = self._waiting.get(reply.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def cancel(self) -> None:
        """Stop the engine; the attempt ends as Cancelled."""
        self.cancelling = True
        if self.task is not None:
            self.task.cancel()

    def interrupt(self) -> None:
        """Stop the engine because the runner goes; the attempt ends as interrupted."""
        if not self.cancelling:
            self.interrupting = True
            self.cancel()


class Execute(Protocol[DefinitionT]):
    """What works on attempts: emits a Finished, or raises CancelledError when cancelled."""

    async def __call__(self, attempt: Attempt[DefinitionT], /) -> None:
        """Return once the attempt is over."""


def _interrupted(what: wire.Happening) -> wire.Happening | None:
    """A cancellation that nobody asked for must not be told as one, or the run would be over."""
    match what:
        case wire.Finished(phase="Cancelled"):
            return wire.Interrupted(reason="Draining")
        case wire.StepFinished(phase="Cancelled"):
            return None
        case _:
            return what
