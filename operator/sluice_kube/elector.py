"""Leadership of this process: a candidate on a thread, a loop and a connection of its own.

So neither a busy event loop nor a full connection pool keeps the Lease from being renewed.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sluice_kube import errors, retry
from sluice_kube.campaign import Campaign, Term, Timing
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import Key
from sluice_kube.sending import OnRequest, Settings
from sluice_kube.session import Session

log = logging.getLogger(__name__)

DEFAULTS = Timing()


@dataclass(frozen=True)
class Listener:
    """Called on the elector's thread, where nothing may block.

    `gained(epoch)`; `lost()` as soon as the term is over; `lost_to_other(holder)` after it, when
    somebody else leads or has led: this process's knowledge is old, and it should end. `asked` is
    told of each request, as `on_request` of a Session is.
    """

    gained: Callable[[int], None]
    lost: Callable[[], None]
    lost_to_other: Callable[[str], None]
    asked: OnRequest | None = None


class Elector:
    """`start`, ask `is_leading()` before everything that only a leader may do, `stop`.

    `identity` must be unique to this process, not to its pod.
    """

    def __init__(
        self,
        config: ClusterConfig,
        key: Key,
        identity: str,
        listener: Listener,
        timing: Timing = DEFAULTS,
    ) -> None:
        self._config, self._key, self._identity = config, key, identity
        self._listener, self._timing = listener, timing
        self._term, self._told = Term(), 0
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._stopping = threading.Event()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def epoch(self) -> int:
        """The epoch of the present or last term; 0 before the first."""
        return self._term.epoch

    @property
    def lost_to(self) -> str:
        """Who leads after this process did; "" as long as nobody does."""
        return self._term.lost_to

    def holder(self) -> str:
        """Who holds the Lease, as last seen; "" for nobody."""
        return self._term.holder

    def is_leading(self) -> bool:
        """Exact at any moment: false as soon as the Lease could not be renewed in time."""
        return not self._stopping.is_set() and self._term.is_on()

    def is_alive(self) -> bool:
        """Whether the thread still runs; for a liveness probe."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins to run for the Lease."""
        self._thread.start()

    def stop(self, within: float = 3.0) -> None:
        """Ends leadership at once, gives the Lease back, waits up to `within` seconds for that."""
        self._stopping.set()
        if self._loop and self._stop:
            # The loop is closed when the thread has ended by itself: lost to another.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(within)

    def _run(self) -> None:
        try:
            asyncio.run(self._campaign())
        finally:
            self._term.end()
            self._tell()

    async def _campaign(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        if self._stopping.is_set():
            return
        settings = Settings(timeout=self._timing.request, retries=retry.NEVER)
        async with Session(self._config, settings, self._listener.asked) as session:
            campaign = Campaign(session, self._key, self._identity, self._timing, self._term)
            await campaign.run(self._stop, self._on_term)
            self._term.end()
            self._tell()
            if self._term.lost_to:
                self._listener.lost_to_other(self._term.lost_to)
                return
            await self._release(campaign)

    async def _release(self, campaign: Campaign) -> None:
        try:
            await campaign.release()
        except errors.ApiError as error:
            log.warning("lease %s not given back: %s", self._key, error)

    def _on_term(self, until: float) -> None:
        """After a renewal: tell what is new, and be there when this term ends."""
        self._tell()
        if self._timer:
            self._timer.cancel()
        if self._loop:
            self._timer = self._loop.call_later(max(0.0, until - time.monotonic()), self._tell)

    def _tell(self) -> None:
        epoch = self._term.epoch if self._term.is_on() else 0
        if epoch == self._told:
            return
        if self._told:
            log.warning("lease %s: no longer leading", self._key)
            self._listener.lost()
        self._told = epoch
        if epoch:
            log.info("lease %s: leading, epoch %d", self._key, epoch)
            self._listener.gained(epoch)
