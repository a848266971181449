"""The connection to one runner pod: what it holds, its events, and batches of what it is told."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

import aiohttp
from pydantic import BaseModel

from sluice_core import wire
from sluice_operator.run import calls
from sluice_operator.run.calls import FAILURES, Means, OlderEpoch, Pod
from sluice_operator.run.tasks import Tasks

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.03
FRESH_PAUSE_SECONDS = 0.1  # of a pod that has never answered: a run waits for its start
FRESH_TRIES = 100
LAST_PAUSE_SECONDS = 2.0
ACK_DELAY_SECONDS = 0.03
ACK_AGAIN_SECONDS = 1.0
NOT_FOUND = 404
REFUSALS = (400, 413, 422)  # of a definition: sending it again would change nothing


class Listener(Protocol):
    """Who is told of what a runner says; called on the loop, never at the same time."""

    def held(self, link: "Link", holdings: wire.Holdings, *, rebooted: bool) -> None:
        """The runner answered, after the start or after the connection broke."""

    def happened(self, link: "Link", event: wire.Event) -> None:
        """An event arrived, perhaps for the second time."""

    def answered(self, link: "Link", answer: wire.Answer) -> None:
        """The runner's answer to one run of a batch."""

    def superseded(self) -> None:
        """A runner knows a later leader."""


class Link:
    """Keeps talking to one pod until closed: GET /runs, then the event stream, and again."""

    def __init__(self, pod: Pod, means: Means, listener: Listener) -> None:
        self.pod = pod
        self.slots = 0
        self.draining = False
        self.retired = False  # surplus: it gets no more runs, and goes when it has none
        self.connected = False
        self.busy: set[str] = set()  # uids that are handed over and have not ended
        self._means, self._listener = means, listener
        self._boot = ""
        self._after = 0
        self._definitions: set[str] = set()
        self._outbox: list[tuple[wire.RunRequest, bytes]] = []
        self._flying: frozenset[str] = frozenset()
        self._acks: list[wire.Ack] = []
        self._work = asyncio.Event()
        self._ack_work = asyncio.Event()
        self._tasks = Tasks()
        self._stream: aiohttp.ClientResponse | None = None

    @property
    def free(self) -> int:
        """How many more runs it takes now."""
        if not self.connected or self.draining or self.retired:
            return 0
        return max(0, self.slots - len(self.busy))

    def is_flying(self, uid: str) -> bool:
        """Whether the run is on its way to the runner, so that not being held says nothing."""
        return uid in self._flying or any(run.uid == uid for run, _ in self._outbox)

    def open(self) -> None:
        """Begin; needs a running loop."""
        for work in (self._follow(), self._send(), self._acknowledge()):
            self._tasks.spawn(work)

    async def close(self) -> None:
        """End all of it, and wait for that."""
        self.connected = False
        await self._tasks.close()

    def submit(self, request: wire.RunRequest, raw: bytes) -> None:
        """Hand over a run, with others that are submitted meanwhile."""
        self.busy.add(request.uid)
        self._outbox.append((request, raw))
        self._work.set()

    def acknowledge(self, uid: str, attempt: int, through: int) -> None:
        """Let the runner forget an attempt, soon."""
        self._acks.append(wire.Ack(uid=uid, attempt=attempt, through=through))
        self._ack_work.set()

    async def cancel(self, uid: str, attempt: int) -> None:
        """Stop a run; its end comes as an event. A runner that is away is told when it is back."""
        await self._tell(wire.PATH_CANCEL.format(uid=uid), wire.Cancel(attempt=attempt))

    async def reply(self, uid: str, reply: wire.Reply) -> bool:
        """Answer a request event; False when that has to be tried again."""
        return await self._tell(wire.PATH_REPLIES.format(uid=uid), reply)

    async def _tell(self, path: str, body: wire.Message) -> bool:
        """Whether the runner has heard it, or never will."""
        try:
            await self._call("POST", path, body)
        except OlderEpoch:
            self._listener.superseded()
        except FAILURES as error:
            log.info("%s: %s: %s", self.pod.name, path, error)
            return isinstance(error, aiohttp.ClientResponseError) and error.status == NOT_FOUND
        return True

    # -- what it says

    async def _follow(self) -> None:
        pause, tries = FIRST_PAUSE_SECONDS, 0
        while True:
            try:
                await self._holdings()
                pause = FIRST_PAUSE_SECONDS
                async with aclosing(self._events()) as events:
                    async for event in events:
                        self._after = event.id
                        self._listener.happened(self, event)
            except OlderEpoch:
                self._listener.superseded()
            except FAILURES as error:
                log.debug("%s: %s", self.pod.name, error)
            self.connected = False
            await asyncio.sleep(pause)
            tries += 1
            is_fresh = not self._boot and tries < FRESH_TRIES
            pause = min(FRESH_PAUSE_SECONDS if is_fresh else LAST_PAUSE_SECONDS, pause * 1.5)

    async def _holdings(self) -> None:
        raw = await self._call("GET", wire.PATH_RUNS)
        holdings = wire.Holdings.model_validate_json(raw)
        rebooted = holdings.boot != self._boot
        if rebooted:
            self._boot, self._after = holdings.boot, 0
            self._definitions.clear()
        self.slots, self.draining = holdings.slots, holdings.draining
        self.busy = {one.uid for one in holdings.runs if one.running} | self._flying
        self.busy.update(run.uid for run, _ in self._outbox)
        self.connected = True
        self._listener.held(self, holdings, rebooted=rebooted)
        if self._outbox:
            self._work.set()

    async def _events(self) -> AsyncGenerator[wire.Event, None]:
        async with calls.stream(self.pod, self._means, self._after) as response:
            self._stream = response
            if response.headers.get(wire.HEADER_BOOT) != self._boot or not self.connected:
                return
            async for line in response.content:
                if line.strip():
                    yield wire.Event.model_validate_json(line)

    def _break(self) -> None:
        """Ask again what it holds."""
        self.connected = False
        if self._stream is not None:
            self._stream.close()

    # -- what it is told

    async def _send(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            if self.connected:
                batch, self._outbox = self._outbox, []
                await self._try(batch)

    async def _try(self, batch: list[tuple[wire.RunRequest, bytes]]) -> None:
        """An exchange that fails leaves open what arrived: the next GET /runs tells."""
        self._flying = frozenset(run.uid for run, _ in batch)
        try:
            refused = await self._define({run.definition: raw for run, raw in batch})
            await self._hand_over([run for run, _ in batch], refused)
        except OlderEpoch:
            self._listener.superseded()
        except FAILURES as error:
            log.warning("%s: handing over %d runs: %s", self.pod.name, len(batch), error)
            self._break()
        finally:
            self._flying = frozenset()

    async def _define(self, definitions: dict[str, bytes]) -> dict[str, str]:
        """Give it the definitions that it lacks; answers why it refuses some."""
        refused = {}
        for digest in definitions.keys() - self._definitions:
            path = wire.PATH_DEFINITION.format(sha256=digest)
            try:
                await self._call("PUT", path, definitions[digest])
            except aiohttp.ClientResponseError as error:
                if error.status not in REFUSALS:
                    raise
                refused[digest] = f"it cannot read this definition ({error.status})"
            else:
                self._definitions.add(digest)
        return refused

    async def _hand_over(self, runs: list[wire.RunRequest], refused: dict[str, str]) -> None:
        answers = [
            wire.Answer(uid=run.uid, code=REFUSALS[0], message=refused[run.definition])
            for run in runs
            if run.definition in refused
        ]
        good = tuple(run for run in runs if run.definition not in refused)
        if good:
            raw = await self._call("POST", wire.PATH_RUNS, wire.RunBatch(runs=good))
            answers += wire.Answers.model_validate_json(raw).answers
        self._flying = frozenset()
        for answer in answers:
            if answer.code == wire.DEFINITION_UNKNOWN:
                self._definitions.clear()
            self._listener.answered(self, answer)

    async def _acknowledge(self) -> None:
        while True:
            await self._ack_work.wait()
            await asyncio.sleep(ACK_DELAY_SECONDS)
            self._ack_work.clear()
            acks, self._acks = self._acks, []
            try:
                await self._call("POST", wire.PATH_ACKS, wire.AckBatch(acks=tuple(acks)))
            except OlderEpoch:
                self._listener.superseded()
            except FAILURES as error:
                log.info("%s: acknowledging: %s", self.pod.name, error)
                self._acks = acks + self._acks
                await asyncio.sleep(ACK_AGAIN_SECONDS)
                self._ack_work.set()

    async def _call(self, method: str, path: str, body: BaseModel | bytes | None = None) -> bytes:
        return await calls.call(self.pod, self._means, method, path, body)
