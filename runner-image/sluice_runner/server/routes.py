"""What each request of the contract does, with what it needs gathered in `Served`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sluice_core import wire
from sluice_runner.server.attempt import Attempt
from sluice_runner.server.definitions import WrongHash
from sluice_runner.server.gate import Refused, answer, body_of, parsed
from sluice_runner.server.holdings import Holdings
from sluice_runner.server.journal import Journal
from sluice_runner.server.stream import Stream

NDJSON = "application/x-ndjson"

_WORDS = {
    wire.ACKNOWLEDGED: "this attempt, or a later one, was taken before",
    wire.NO_SLOT: "no slot is free",
    wire.DRAINING: "this runner is going away",
    wire.DEFINITION_UNKNOWN: "send the definition first",
}


@dataclass(frozen=True, kw_only=True)
class Served:
    """What the handlers work on. `readiness` says whether and why not; `metrics` is a scrape."""

    holdings: Holdings[Any]
    journal: Journal
    stream: Stream
    readiness: Callable[[], wire.Readiness]
    metrics: Callable[[], bytes]

    async def put_definition(self, request: web.Request) -> web.Response:
        """204; 400 when the hash differs, 422 when this runner cannot read it."""
        raw = await body_of(request, wire.DEFINITION_BYTES)
        try:
            self.holdings.definitions.put(request.match_info["sha256"], raw)
        except WrongHash as error:
            raise Refused(400, str(error)) from error
        except ValueError as error:
            raise Refused(422, str(error)) from error
        return web.Response(status=204)

    async def post_runs(self, request: web.Request) -> web.Response:
        """Each run of the batch is answered on its own."""
        batch = parsed(wire.RunBatch, await body_of(request))
        codes = ((run.uid, self.holdings.take(run)) for run in batch.runs)
        return answer(
            wire.Answers(
                answers=tuple(
                    wire.Answer(uid=uid, code=code, message=_WORDS.get(code, ""))
                    for uid, code in codes
                )
            )
        )

    async def get_runs(self, _request: web.Request) -> web.Response:
        """What is held."""
        return answer(self.holdings.snapshot())

    async def post_acks(self, request: web.Request) -> web.Response:
        """204, also for what is not held (any more)."""
        for ack in parsed(wire.AckBatch, await body_of(request)).acks:
            self.holdings.acknowledge(ack)
        return web.Response(status=204)

    async def post_cancel(self, request: web.Request) -> web.Response:
        """202, also when it has ended already."""
        body = await body_of(request)
        attempt = parsed(wire.Cancel, body).attempt if body else None
        held = self._held(request, attempt)
        if held.running:
            held.cancel()
        return web.Response(status=202)

    async def post_reply(self, request: web.Request) -> web.Response:
        """202, also when nothing waits for it."""
        reply = parsed(wire.Reply, await body_of(request))
        self._held(request, reply.attempt).answer(reply)
        return web.Response(status=202)

    async def get_logs(self, request: web.Request) -> web.Response:
        """The log events that are kept of a run, also for a while after its acknowledgement."""
        uid = request.match_info["uid"]
        held = self.holdings.find(uid)
        lines = self.journal.logs(uid, held.record if held else None)
        return web.Response(body=b"".join(lines), content_type=NDJSON)

    async def get_events(self, request: web.Request) -> web.StreamResponse:
        """Open until a later reader or leader shows."""
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise Refused(400, "after must be the id of an event")
        response = web.StreamResponse(
            headers={"Content-Type": NDJSON, wire.HEADER_BOOT: str(self.journal.boot)}
        )
        await response.prepare(request)
        try:
            await self.stream.follow(int(after), response.write)
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
        return response

    async def get_ready(self, _request: web.Request) -> web.Response:
        """200 or 503, with the reason."""
        readiness = self.readiness()
        return answer(readiness, 200 if readiness.ready else 503)

    async def get_metrics(self, _request: web.Request) -> web.Response:
        """Prometheus text."""
        return web.Response(
            body=self.metrics(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    def _held(self, request: web.Request, attempt: int | None) -> Attempt[Any]:
        held = self.holdings.find(request.match_info["uid"], attempt)
        if held is None:
            raise Refused(404, "this attempt is not held here")
        return held
