"""The connection to one runner pod: what it holds, its events, and batches of what it is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from pydantic import BaseModel, ValidationError

from sluice_core import names, wire

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.03
LAST_PAUSE_SECONDS = 2.0
ACK_DELAY_SECONDS = 0.03
CALL_SECONDS = 10.0
SILENCE_SECONDS = 3 * wire.HEARTBEAT_SECONDS
LINE_BYTES = 1 << 20


class OlderEpoch(Exception):  # noqa: N818 - the runner knows a later leader
    """This operator is not the leader any more, whatever it believes."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A runner pod that has an address."""

    uid: str
    name: str
    address: str
    namespace: str
    workflow: str
    workflow_uid: str


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


@dataclass(frozen=True, kw_only=True)
class Means:
    """What every link uses."""

    http: aiohttp.ClientSession
    token: Callable[[str, str], str]  # workflow uid, pod uid
    epoch: Callable[[], int]


class Link:
    """Keeps talking to one pod until closed: GET /runs, then the event stream, and again."""

    def __init__(self, pod: Pod, means: Means, listener: Listener) -> None:
        self.pod = pod
        self.slots = 0
        self.draining = False
        self.connected = False
        self.busy: set[str] = set()  # uids that are handed over and have not ended
        self._means, self._listener = means, listener
        self._boot = ""
        self._after = 0
        self._definitions: set[str] = set()
        self._raw: dict[str, bytes] = {}
        self._outbox: list[wire.RunRequest] = []
        self._acks: list[wire.Ack] = []
        self._work = asyncio.Event()
        self._ack_work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stream: aiohttp.ClientResponse | None = None
        self._flying: frozenset[str] = frozenset()

    @property
    def free(self) -> int:
        """How many more runs it takes now."""
        if not self.connected or self.draining:
            return 0
        return max(0, self.slots - len(self.busy))

    def is_flying(self, uid: str) -> bool:
        """Whether the run is on its way to the runner, so that not being held says nothing."""
        return uid in self._flying or any(one.uid == uid for one in self._outbox)

    def open(self) -> None:
        """Begin; needs a running loop."""
        self._tasks = [
            asyncio.create_task(one) for one in (self._follow(), self._send(), self._acknowledge())
        ]

    async def close(self) -> None:
        """End all of it, and wait for that."""
        self.connected = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def submit(self, request: wire.RunRequest, raw: bytes) -> None:
        """Hand over a run, with others that are submitted meanwhile."""
        self.busy.add(request.uid)
        self._raw[request.definition] = raw
        self._outbox.append(request)
        self._work.set()

    def acknowledge(self, uid: str, attempt: int, through: int) -> None:
        """Let the runner forget an attempt, soon."""
        self._acks.append(wire.Ack(uid=uid, attempt=attempt, through=through))
        self._ack_work.set()

    async def cancel(self, uid: str, attempt: int) -> None:
        """Stop a run; its end comes as an event. A runner that is away is told when it is back."""
        body = wire.Cancel(attempt=attempt)
        try:
            await self._call("POST", wire.PATH_CANCEL.format(uid=uid), body)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("%s: could not cancel %s: %s", self.pod.name, uid, error)

    async def reply(self, uid: str, reply: wire.Reply) -> None:
        """Answer a request event."""
        try:
            await self._call("POST", wire.PATH_REPLIES.format(uid=uid), reply)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("%s: could not reply to %s: %s", self.pod.name, uid, error)

    async def _follow(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._holdings()
                pause = FIRST_PAUSE_SECONDS
                async for event in self._events():
                    self._after = event.id
                    self._listener.happened(self, event)
            except OlderEpoch:
                self._listener.superseded()
            except (aiohttp.ClientError, TimeoutError, OSError, ValidationError) as error:
                log.debug("%s: %s", self.pod.name, error)
            self.connected = False
            await asyncio.sleep(pause)
            pause = min(LAST_PAUSE_SECONDS, pause * 1.5)

    async def _holdings(self) -> None:
        raw = await self._call("GET", wire.PATH_RUNS)
        holdings = wire.Holdings.model_validate_json(raw)
        rebooted = holdings.boot != self._boot
        if rebooted:
            self._boot, self._after = holdings.boot, 0
            self._definitions.clear()
        self.slots, self.draining = holdings.slots, holdings.draining
        self.busy = {one.uid for one in holdings.runs if one.running} | self._flying
        self.busy.update(one.uid for one in self._outbox)
        self.connected = True
        self._listener.held(self, holdings, rebooted=rebooted)
        if self._outbox:
            self._work.set()

    async def _events(self) -> AsyncIterator[wire.Event]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=2, sock_read=SILENCE_SECONDS)
        url = self._url(f"{wire.PATH_EVENTS}?after={self._after}")
        headers = self._headers()
        async with self._means.http.get(url, headers=headers, timeout=timeout) as response:
            _raise_for(response)
            if response.headers.get(wire.HEADER_BOOT) != self._boot:
                return
            self._stream = response
            async for line in response.content:
                if line.strip():
                    yield wire.Event.model_validate_json(line)

    async def _send(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            batch, self._outbox = self._outbox, []
            if batch and self.connected:
                await self._try(batch)
            else:
                self._outbox = batch + self._outbox

    async def _try(self, batch: list[wire.RunRequest]) -> None:
        """An exchange that fails leaves open what arrived: the next GET /runs tells."""
        self._flying = frozenset(run.uid for run in batch)
        try:
            await self._exchange(batch)
        except OlderEpoch:
            self._listener.superseded()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("%s: handing over %d runs: %s", self.pod.name, len(batch), error)
            self._flying = frozenset()
            self.connected = False
            if self._stream is not None:
                self._stream.close()
        self._flying = frozenset()

    async def _exchange(self, batch: list[wire.RunRequest]) -> None:
        for digest in {run.definition for run in batch} - self._definitions:
            await self._call("PUT", wire.PATH_DEFINITION.format(sha256=digest), self._raw[digest])
            self._definitions.add(digest)
        raw = await self._call("POST", wire.PATH_RUNS, wire.RunBatch(runs=tuple(batch)))
        for answer in wire.Answers.model_validate_json(raw).answers:
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
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.info("%s: acknowledging: %s", self.pod.name, error)
                self._acks = acks + self._acks
                await asyncio.sleep(1)
                self._ack_work.set()

    async def _call(self, method: str, path: str, body: BaseModel | bytes | None = None) -> bytes:
        data = body.model_dump_json(by_alias=True).encode() if isinstance(body, BaseModel) else body
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, sock_connect=2)
        async with self._means.http.request(
            method, self._url(path), data=data, headers=self._headers(), timeout=timeout
        ) as response:
            _raise_for(response)
            return await response.read()

    def _url(self, path: str) -> str:
        host = f"[{self.pod.address}]" if ":" in self.pod.address else self.pod.address
        return f"http://{host}:{names.RUNNER_PORT}{path}"

    def _headers(self) -> dict[str, str]:
        token = self._means.token(self.pod.workflow_uid, self.pod.uid)
        return {"Authorization": f"Bearer {token}", wire.HEADER_EPOCH: str(self._means.epoch())}


def _raise_for(response: aiohttp.ClientResponse) -> None:
    if response.status == wire.OLDER_EPOCH:
        raise OlderEpoch
    response.raise_for_status()
