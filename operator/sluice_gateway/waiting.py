"""Let many callers wait for the ends of their runs on one shared watch."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import orjson

from sluice_core.api.run_status import TERMINAL_PHASES
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest

log = logging.getLogger(__name__)

# The API server writes an object's keys in order, so in metadata these two are neighbours.
_KEY = re.compile(rb'"name":"([^"]+)","namespace":"([^"]+)"')
_READERS = 16
_FIRST_LOOK_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 30.0

# A watch by this brings a run when it ends, and nothing before: half of the events, for the API
# server too. What is deleted before its end never appears, so long waits look again by themselves.
ENDED = ",".join(f"status.phase!={phase}" for phase in ("", "Pending", "Running", "Retrying"))

Read = Callable[[Key], Awaitable[Manifest]]
Outcome = asyncio.Future[Manifest | None]


def has_ended(run: Manifest) -> bool:
    """Whether the run's phase is one that never changes."""
    return run.get("status", {}).get("phase") in TERMINAL_PHASES


class Waiting:
    """Who waits for which run. `saw` and `missed` are what `sluice_kube.follow` calls."""

    def __init__(self, read: Read, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._most, self._clock = read, most, clock
        self._outcomes: dict[Key, set[Outcome]] = {}
        self._count = 0
        self._draining = False
        self._reading: set[asyncio.Task[None]] = set()
        self._not_there: dict[Key, float] = {}
        self._readers = asyncio.Semaphore(_READERS)
        self.following = False

    def __len__(self) -> int:
        return self._count

    @contextmanager
    def expect(self, key: Key) -> Iterator[Outcome]:
        """Comes to be the run once it ended or was deleted, None when the gateway is to end.

        Entered before the run is created, so that its end cannot be missed. Raises Problem 503
        when too many wait.
        """
        if self._count >= self._most:
            detail = f"{self._most} callers wait already; trigger without sync, or come back"
            raise Problem(503, "TooManyWaiting", detail, headers={"Retry-After": "5"})
        outcome: Outcome = asyncio.get_running_loop().create_future()
        if self._draining:
            outcome.set_result(None)
        self._outcomes.setdefault(key, set()).add(outcome)
        self._count += 1
        try:
            yield outcome
        finally:
            self._count -= 1
            others = self._outcomes[key]
            others.discard(outcome)
            if not others:
                del self._outcomes[key]

    def saw(self, line: bytes) -> None:
        """An event of the watch; decoded only when somebody waits for its run."""
        found = _KEY.search(line)
        if found is None:
            return
        key = Key(found[2].decode(), found[1].decode())
        if key in self._outcomes:
            event: dict[str, Any] = orjson.loads(line)
            if event["type"] == "DELETED" or has_ended(event["object"]):
                self._settle(key, event["object"])

    def missed(self) -> None:
        """Events may have been lost: each awaited run is read once."""
        self.following = True
        for key in self._outcomes:
            task = asyncio.ensure_future(self._look(key))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def look_again(self) -> NoReturn:
        """Read the awaited runs once in a while: one may have been deleted before it ended."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            self._not_there = {k: v for k, v in self._not_there.items() if k in self._outcomes}
            self.missed()

    def drain(self) -> None:
        """Let all go who wait, and who comes yet."""
        self._draining = True
        for key in self._outcomes:
            self._settle(key, None)

    async def _look(self, key: Key) -> None:
        async with self._readers:
            try:
                run = await self._read(key)
            except errors.NotFound:
                self._absent(key)
                return
            except errors.ApiError as error:
                # The API server is away: then the next gap comes soon.
                log.info("reading the awaited run %s: %s", key, error)
                return
        if has_ended(run):
            self._settle(key, run)

    def _absent(self, key: Key) -> None:
        """Not there: not created yet, or, if that was so half a minute ago already, deleted."""
        now = self._clock()
        since = self._not_there.setdefault(key, now)
        if now - since >= _LOOK_AGAIN_SECONDS / 2:
            self._settle(key, {"metadata": {"namespace": key.namespace, "name": key.name}})

    def _settle(self, key: Key, run: Manifest | None) -> None:
        for outcome in self._outcomes.get(key, ()):
            if not outcome.done():
                outcome.set_result(run)


async def wait(
    outcome: Outcome, seconds: float, hung_up: Callable[[], Awaitable[object]]
) -> Manifest | None:
    """What came of it within `seconds`, else None, at once when the caller hangs up.

    `hung_up` returns when the caller is gone; most runs end before it is worth asking.
    """
    done, _ = await asyncio.wait({outcome}, timeout=min(seconds, _FIRST_LOOK_SECONDS))
    if not done and seconds > _FIRST_LOOK_SECONDS:
        gone: asyncio.Future[object] = asyncio.ensure_future(hung_up())
        try:
            either: set[asyncio.Future[Any]] = {outcome, gone}
            rest = seconds - _FIRST_LOOK_SECONDS
            await asyncio.wait(either, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
    return outcome.result() if outcome.done() else None
