"""The runs that this runner holds: taken into slots, worked on, kept until acknowledged."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sluice_core import wire
from sluice_runner.server.attempt import Attempt, Execute
from sluice_runner.server.definitions import Definitions
from sluice_runner.server.journal import Journal, Record
from sluice_runner.server.tombstones import Tombstones

DefinitionT = TypeVar("DefinitionT")

Observer = Callable[[wire.RunRequest, wire.Happening], None]

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Holdings(Generic[DefinitionT]):
    """Runs by uid, each with its latest attempt.

    A higher attempt of a run that is held takes the place of the earlier one: the operator hands
    it over only when it has done with the earlier. That one is cancelled if it still runs, its
    events are dropped, and the new one begins once it has ended.
    """

    slots: int
    definitions: Definitions[DefinitionT]
    journal: Journal
    tombstones: Tombstones
    execute: Execute[DefinitionT]
    observers: tuple[Observer, ...] = ()
    draining: bool = False
    _held: dict[str, Attempt[DefinitionT]] = field(default_factory=dict)
    _busy: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def free(self) -> int:
        """Slots without a running attempt."""
        return max(0, self.slots - self._busy)

    @property
    def held(self) -> int:
        """Runs that are running or not acknowledged."""
        return len(self._held)

    def take(self, request: wire.RunRequest) -> int:
        """Begin an attempt, or say by one of the codes of the contract why not."""
        held = self._held.get(request.uid)
        if held is not None and held.request.attempt >= request.attempt:
            same = held.request.attempt == request.attempt
            return wire.KNOWN if same else wire.ACKNOWLEDGED
        if self.tombstones.covers(request.uid, request.attempt):
            return wire.ACKNOWLEDGED
        if self.draining:
            return wire.DRAINING
        if not self._has_room(held):
            return wire.NO_SLOT
        definition = self.definitions.take(request.definition)
        if definition is None:
            return wire.DEFINITION_UNKNOWN
        self._begin(request, definition, held)
        return wire.ACCEPTED

    def acknowledge(self, ack: wire.Ack) -> None:
        """Forget what the operator has stored; the whole attempt once its end is among that."""
        attempt = self.find(ack.uid, ack.attempt)
        if attempt is None or not self.journal.acknowledge(attempt.record, ack.through):
            return
        self.journal.drop(attempt.record)
        del self._held[ack.uid]
        self.tombstones.add(ack.uid, ack.attempt)
        self._changed.set()

    def find(self, uid: str, attempt: int | None = None) -> Attempt[DefinitionT] | None:
        """The held attempt of a run; None when it is another one than was asked for."""
        held = self._held.get(uid)
        if held is None or attempt not in (None, held.request.attempt):
            return None
        return held

    def snapshot(self) -> wire.Holdings:
        """What it holds, for the answer to GET /runs."""
        return wire.Holdings(
            boot=str(self.journal.boot),
            draining=self.draining,
            slots=self.slots,
            free=self.free,
            runs=tuple(
                wire.Holding(
                    uid=attempt.request.uid,
                    name=attempt.request.name,
                    attempt=attempt.request.attempt,
                    revision=attempt.request.revision,
                    running=not attempt.record.ended,
                )
                for attempt in self._held.values()
            ),
        )

    def interrupt(self) -> None:
        """Stop whatever runs; it is reported as interrupted once it has stopped."""
        for attempt in self._held.values():
            if attempt.running:
                attempt.interrupt()

    def abandon(self) -> None:
        """Report what would not stop as interrupted: it ends with the process."""
        for attempt in self._held.values():
            attempt.emit(wire.Interrupted(reason="Draining"))

    async def idle(self) -> None:
        """Wait until nothing runs."""
        await self._until(lambda: not self._busy)

    async def empty(self) -> None:
        """Wait until everything is acknowledged."""
        await self._until(lambda: not self._held)

    async def over(self) -> None:
        """Wait until something was taken, and all of it is acknowledged."""
        await self._until(lambda: bool(self.tombstones) and not self._held)

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._changed.clear()
            await self._changed.wait()

    def _has_room(self, held: Attempt[DefinitionT] | None) -> bool:
        if self.journal.full:
            return False
        return self.free > 0 or (held is not None and held.running)

    def _begin(
        self,
        request: wire.RunRequest,
        definition: DefinitionT,
        earlier: Attempt[DefinitionT] | None,
    ) -> None:
        record = Record(request.uid, request.attempt)
        attempt = Attempt(request, definition, record, self._keep, self._settle)
        self._held[request.uid] = attempt
        before = self._replace(earlier) if earlier is not None else None
        attempt.task = asyncio.create_task(self._work(attempt, before))
        attempt.task.add_done_callback(lambda _task: self._finish(attempt))
        self._busy += 1

    def _keep(self, attempt: Attempt[DefinitionT], what: wire.Happening) -> None:
        if attempt.record.ended:
            return
        self.journal.append(attempt.record, what)
        for observe in self.observers:
            observe(attempt.request, what)

    def _settle(self, attempt: Attempt[DefinitionT], request: str) -> None:
        self.journal.settle(attempt.record, request)

    def _replace(self, earlier: Attempt[DefinitionT]) -> "asyncio.Task[None] | None":
        self.journal.drop(earlier.record)
        if not earlier.running:
            return None
        earlier.cancel()
        return earlier.task

    async def _work(
        self, attempt: Attempt[DefinitionT], before: "asyncio.Task[None] | None"
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        attempt.emit(wire.Accepted())
        await self.execute(attempt)

    def _finish(self, attempt: Attempt[DefinitionT]) -> None:
        """Whatever the engine did, the attempt has an end and the slot is free again.

        In a callback, since a task that is cancelled before it began runs none of its own code.
        """
        if not attempt.record.ended:
            attempt.emit(_missing_end(attempt))
        self.definitions.release(attempt.request.definition)
        self._busy -= 1
        self._changed.set()


def _missing_end(attempt: Attempt[DefinitionT]) -> wire.Finished:
    if attempt.task is None or attempt.task.cancelled():
        return wire.Finished(phase="Cancelled", reason="Cancelled")
    error = attempt.task.exception()
    said = "the engine returned without a result" if error is None else type(error).__name__
    name, number = attempt.request.name, attempt.request.attempt
    log.error("run %s, attempt %d: %s", name, number, said, exc_info=error)
    return wire.Finished(phase="Failed", reason="Internal", message=said)
