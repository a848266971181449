"""The server from its first request to the end of the process."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from aiohttp import web

from sluice_core import wire
from sluice_runner.metrics import Gauges, Metrics
from sluice_runner.secrets import Survey
from sluice_runner.server.app import make_app
from sluice_runner.server.attempt import Execute
from sluice_runner.server.definitions import Definitions
from sluice_runner.server.drain import drain
from sluice_runner.server.epoch import Fence
from sluice_runner.server.gate import Gate
from sluice_runner.server.holdings import Holdings
from sluice_runner.server.journal import Journal
from sluice_runner.server.output import Output
from sluice_runner.server.routes import Served
from sluice_runner.server.stream import Stream
from sluice_runner.server.tombstones import Tombstones
from sluice_runner.settings import Settings
from sluice_runner.tokens import Keys, Verifier

DefinitionT = TypeVar("DefinitionT")

_CLOSE_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Server(Generic[DefinitionT]):
    """Serve until `stopping` is set, then drain.

    `parse` reads a definition and raises ValueError; `unready` says why no run can be carried out
    now, or nothing. `survey` looks at the credentials: what is missing there makes no runner
    unready, since other steps can do without.
    """

    settings: Settings
    parse: Callable[[bytes], DefinitionT]
    execute: Execute[DefinitionT]
    unready: Callable[[], str]
    survey: Callable[[], Survey] = Survey

    async def run(
        self, stopping: asyncio.Event, on_listening: Callable[[], None] = lambda: None
    ) -> None:
        """`on_listening` is called once requests are answered."""
        journal = Journal(time.time_ns() // 1000, lambda: time.time_ns() // 1_000_000)
        holdings = self._holdings(journal)
        metrics = Metrics(lambda: _gauges(holdings, journal))
        output = Output(sys.stdout.buffer, lambda: datetime.now(UTC))
        holdings.observers = (metrics.observe, output.observe)
        stream = Stream(journal)
        verifier = Verifier(
            Keys(self.settings.keys_dir, time.monotonic), self.settings.audience, time.time
        )
        served = Served(
            holdings=holdings,
            journal=journal,
            stream=stream,
            readiness=lambda: self._readiness(draining=holdings.draining),
            metrics=metrics.text,
        )
        gate = Gate(verifier, Fence(stream.close), metrics.count_request)
        runner = web.AppRunner(
            make_app(served, gate), access_log=None, shutdown_timeout=_CLOSE_SECONDS
        )
        await runner.setup()
        await web.TCPSite(runner, port=self.settings.port).start()
        on_listening()
        verifier.warm()
        await self._told_to_end(stopping, holdings)
        await drain(holdings, self.settings.drain_seconds)
        stream.close()
        await runner.cleanup()

    async def _told_to_end(self, stopping: asyncio.Event, holdings: Holdings[DefinitionT]) -> None:
        """By a signal, or by the end of the one run that it is for."""
        async with asyncio.TaskGroup() as waiting:
            ending = waiting.create_task(self._end_of_the_one_run(stopping, holdings))
            await stopping.wait()
            ending.cancel()

    async def _end_of_the_one_run(
        self, stopping: asyncio.Event, holdings: Holdings[DefinitionT]
    ) -> None:
        if self.settings.one_run:
            await holdings.over()
            stopping.set()

    def _holdings(self, journal: Journal) -> Holdings[DefinitionT]:
        return Holdings(
            slots=self.settings.slots,
            definitions=Definitions(self.parse),
            journal=journal,
            tombstones=Tombstones(time.monotonic),
            execute=self.execute,
        )

    def _readiness(self, *, draining: bool) -> wire.Readiness:
        reason = "draining" if draining else self.unready()
        found = self.survey()
        return wire.Readiness(
            ready=not reason,
            slots=self.settings.slots,
            reason=reason,
            missing=found.missing,
            invalid=found.invalid,
        )


def _gauges(holdings: Holdings[DefinitionT], journal: Journal) -> Gauges:
    return Gauges(
        slots=holdings.slots,
        busy=holdings.slots - holdings.free,
        held=holdings.held,
        kept_bytes=journal.size,
        dropped_logs=journal.dropped_logs,
    )
