"""Ask runners which keys of credentials lack a value: seldom, and more often while some do."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import aiohttp

from sluice_core import wire
from sluice_operator.deadlines import Deadlines
from sluice_operator.workqueue import WorkQueue

log = logging.getLogger(__name__)
K = TypeVar("K", bound=Hashable)

FIRST_PAUSE_SECONDS = 2.0
LAST_PAUSE_SECONDS = 30.0
CONTENT_PAUSE_SECONDS = 600.0
WORKERS = 8

ANSWER_SECONDS = 5.0

Ask = Callable[[str], Awaitable[wire.Readiness]]


async def ask(http: aiohttp.ClientSession, address: str) -> wire.Readiness:
    """What a runner says of itself; it needs no token for that, and tells no value."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with http.get(address, timeout=timeout) as response:
        return wire.Readiness.model_validate_json(await response.read())


@dataclass
class _Pod(Generic[K]):
    flow: K
    address: str
    pause: float = FIRST_PAUSE_SECONDS
    said: wire.Readiness | None = None


class Readiness(Generic[K]):
    """Looks at each pod once it has an address, and again after a pause.

    The pause is long where nothing is missing, and doubles where something is or nobody answers:
    the kubelet brings a mended Secret within two minutes. `told` hears of each answer that differs
    from the one before.
    """

    def __init__(
        self,
        ask: Ask,
        told: Callable[[K, str, wire.Readiness], None],
        now: Callable[[], datetime],
    ) -> None:
        self._ask, self._told, self._now = ask, told, now
        self._pods: dict[str, _Pod[K]] = {}
        self._queue: WorkQueue[str] = WorkQueue(self.look, workers=WORKERS)
        self._deadlines = Deadlines(self._queue.add, now)

    def found(self, uid: str, flow: K, address: str) -> None:
        """A pod with credentials has this address."""
        known = self._pods.get(uid)
        if known is None or known.address != address:
            self._pods[uid] = _Pod(flow, address)
            self._queue.add(uid)

    def gone(self, uid: str) -> None:
        """The pod does not exist any more."""
        self._pods.pop(uid, None)
        self._deadlines.set(uid, None)

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._queue.run())
            tasks.create_task(self._deadlines.run())

    def pop_due(self) -> list[str]:
        """Take the pods whose time has come."""
        return self._deadlines.pop_due()

    async def look(self, uid: str) -> None:
        """Ask one pod, and say when it is asked again."""
        pod = self._pods.get(uid)
        if pod is None:
            return
        pause = await self._look(uid, pod)
        if self._pods.get(uid) is pod:
            self._deadlines.set(uid, self._now() + timedelta(seconds=pause))

    async def _look(self, uid: str, pod: _Pod[K]) -> float:
        try:
            said = await self._ask(pod.address)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            log.debug("%s: /readyz: %s", uid, error)
            return _doubled(pod)
        if self._pods.get(uid) is pod and _differs(said, pod.said):
            pod.said, pod.pause = said, FIRST_PAUSE_SECONDS
            self._told(pod.flow, uid, said)
        return _doubled(pod) if said.missing or said.invalid else CONTENT_PAUSE_SECONDS


def _differs(said: wire.Readiness, before: wire.Readiness | None) -> bool:
    if before is None:
        return True
    return (said.missing, said.invalid) != (before.missing, before.invalid)


def _doubled(pod: _Pod[K]) -> float:
    pause, pod.pause = pod.pause, min(LAST_PAUSE_SECONDS, pod.pause * 2)
    return pause
