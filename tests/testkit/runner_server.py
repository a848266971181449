"""The runner's real server on loopback, with an executor that a test writes by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from sluice_core import wire
from sluice_runner.metrics import Gauges, Metrics
from sluice_runner.server.app import make_app
from sluice_runner.server.attempt import Attempt
from sluice_runner.server.definitions import Definitions
from sluice_runner.server.epoch import Fence
from sluice_runner.server.gate import Gate
from sluice_runner.server.holdings import Holdings
from sluice_runner.server.journal import Journal
from sluice_runner.server.routes import Served
from sluice_runner.server.stream import Stream
from sluice_runner.server.tombstones import Tombstones
from sluice_runner.tokens import Keys, Verifier
from testkit.signers import AUDIENCE, Signer

BOOT = 1_000_000
NOW = 1_769_860_800_000  # noon of the clock of testkit.dispatching
DEFINITION = b'{"steps":[]}'
DEFINITION_HASH = sha256(DEFINITION).hexdigest()
DEADLINE_SECONDS = 5

Work = Callable[[Attempt[bytes]], Awaitable[None]]


async def no_op(attempt: Attempt[bytes]) -> None:
    """One step that does nothing."""
    attempt.emit(wire.StepStarted(step="nothing"))
    attempt.emit(
        wire.StepFinished(step="nothing", phase="Succeeded", started=NOW, duration_ms=0.1, output=1)
    )
    attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded", output=1))


async def endless(attempt: Attempt[bytes]) -> None:
    """A step that ends only when cancelled."""
    attempt.emit(wire.StepStarted(step="wait"))
    await asyncio.Event().wait()


def a_request(uid: str = "run-1", attempt: int = 1, **fields: Any) -> wire.RunRequest:
    defaults = {
        "name": uid,
        "namespace": "shop",
        "workflow": "etl",
        "revision": 1,
        "definition": DEFINITION_HASH,
    }
    return wire.RunRequest.model_validate({**defaults, **fields, "uid": uid, "attempt": attempt})


@dataclass(frozen=True)
class RunnerServer:
    """A running server, and one operator's connection to it."""

    served: Served
    operator: Signer
    gateway: Signer
    http: aiohttp.ClientSession
    port: int

    @property
    def holdings(self) -> Holdings[bytes]:
        return self.served.holdings

    def headers(self, epoch: int = 1) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.operator.token()}",
            wire.HEADER_EPOCH: str(epoch),
        }

    async def send(
        self, method: str, path: str, body: wire.Message | bytes = b"", **changes: Any
    ) -> tuple[int, bytes]:
        """Code and body of the answer; `headers` replace the operator's."""
        data = body if isinstance(body, bytes) else body.model_dump_json(by_alias=True).encode()
        headers = {**self.headers(), **changes.pop("headers", {})}
        given = {name: value for name, value in headers.items() if value is not None}
        sent = BytesIO(data)  # bytes past 1 MiB make the client warn
        async with self.http.request(method, path, data=sent, headers=given, **changes) as answer:
            return answer.status, await answer.read()

    async def dispatch(self, *requests: wire.RunRequest) -> list[int]:
        """The code for each run of a batch."""
        code, body = await self.send("POST", wire.PATH_RUNS, wire.RunBatch(runs=requests))
        assert code == 200, body
        return [answer.code for answer in wire.Answers.model_validate_json(body).answers]

    async def acknowledge(self, uid: str, through: int, attempt: int = 1) -> None:
        ack = wire.Ack(uid=uid, attempt=attempt, through=through)
        code, body = await self.send("POST", wire.PATH_ACKS, wire.AckBatch(acks=(ack,)))
        assert code == 204, body

    @asynccontextmanager
    async def events(self, after: int = 0, epoch: int = 1) -> AsyncIterator["Events"]:
        async with self.http.get(
            wire.PATH_EVENTS, params={"after": after}, headers=self.headers(epoch)
        ) as answer:
            assert answer.status == 200, await answer.read()
            yield Events(answer)


@dataclass(frozen=True)
class Events:
    """An open event stream."""

    answer: aiohttp.ClientResponse

    async def line(self) -> bytes:
        """The next line, heartbeats too; empty at the end."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.answer.content.readline()

    async def next(self) -> wire.Event:
        while not (line := await self.line()).strip():
            assert line, "the stream has ended"
        return wire.Event.model_validate(orjson.loads(line))

    async def until_end(self, uid: str) -> list[wire.Event]:
        """Events of one run up to its last."""
        seen = []
        while not seen or not isinstance(seen[-1].what, wire.Finished | wire.Interrupted):
            event = await self.next()
            if event.uid == uid:
                seen.append(event)
        return seen

    async def ended(self) -> bool:
        """Wait for the server to close the stream."""
        while await self.line():
            pass
        return True


@asynccontextmanager
async def running(
    keys: Path,
    work: Work = no_op,
    *,
    slots: int = 10,
    heartbeat: float = 60,
    readiness: Callable[[], wire.Readiness] | None = None,
    clock: Callable[[], float] = time.monotonic,
    boot: int = BOOT,
    port: int = 0,
) -> AsyncIterator[RunnerServer]:
    """A server with the definition DEFINITION, which believes the two signers."""
    operator, gateway = Signer("operator-1"), Signer("gateway-1")
    operator.publish(keys)
    gateway.publish(keys)
    ticks = count(NOW)
    journal = Journal(boot, lambda: next(ticks))
    holdings = Holdings(
        slots=slots,
        definitions=Definitions(bytes),
        journal=journal,
        tombstones=Tombstones(clock),
        execute=work,
    )
    holdings.definitions.put(DEFINITION_HASH, DEFINITION)
    metrics = Metrics(lambda: Gauges(slots, slots - holdings.free, 0, journal.size, 0))
    holdings.observers = (metrics.observe,)
    stream = Stream(journal, heartbeat)
    served = Served(
        holdings=holdings,
        journal=journal,
        stream=stream,
        readiness=readiness or (lambda: wire.Readiness(ready=True, slots=slots)),
        metrics=metrics.text,
    )
    verifier = Verifier(Keys(keys, time.monotonic), AUDIENCE, time.time)
    app = make_app(served, Gate(verifier, Fence(stream.close), metrics.count_request))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    _, port = runner.addresses[0][:2]
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            yield RunnerServer(served, operator, gateway, http, port)
    finally:
        stream.close()
        holdings.interrupt()
        await holdings.idle()
        await runner.cleanup()
