"""One candidate's rounds for the Lease: look, decide, write, within the times that make it safe."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sluice_kube import errors, lease
from sluice_kube.resources import LEASES, Key
from sluice_kube.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timing:
    """In seconds. `lead` < `lease`: a leader stops before anybody else may begin.

    A crash is noticed `poll` + `lease` after the last renewal, at the latest.
    """

    lease: int = 4
    lead: float = 3.0
    renew: float = 1.0
    poll: float = 0.4
    request: float = 1.0


class Term:
    """What others may ask of a leadership, from any thread."""

    def __init__(self) -> None:
        self.epoch = 0
        self.holder = ""
        self.lost_to = ""
        self._until = float("-inf")

    def is_on(self) -> bool:
        """Whether the Lease was renewed in time, by this process's clock at this moment."""
        return time.monotonic() < self._until

    def extend(self, epoch: int, until: float) -> None:
        """Renewed, or begun."""
        self.epoch, self._until = epoch, until

    def end(self) -> None:
        """Over at once."""
        self._until = float("-inf")


class Campaign:
    """Rounds on one session, which must not retry by itself: a round is the retry."""

    def __init__(
        self, session: Session, key: Key, identity: str, timing: Timing, term: Term
    ) -> None:
        self._session, self._key, self._identity = session, key, identity
        self._timing, self._term = timing, term
        self._seen = lease.Sight.first(None, time.monotonic())
        self._look = True
        self._trouble = ""

    async def run(self, stop: asyncio.Event, on_round: Callable[[float], None]) -> None:
        """Until `stop`, or until another process has led after this one did.

        `on_round` hears the end of the term after each round that prolonged it.
        """
        while not stop.is_set() and not self._term.lost_to:
            pause = await self.round(on_round)
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue

    async def round(self, on_round: Callable[[float], None]) -> float:
        """One look and what follows from it; answers seconds until the next."""
        sent = time.monotonic()
        try:
            if self._look:
                await self._see()
            if self._term.lost_to:
                return 0
            move = lease.decide(self._seen, self._identity, time.monotonic())
            if move == "wait":
                return max(0.0, min(self._timing.poll, self._seen.expires() - time.monotonic()))
            sent = time.monotonic()
            await self._write(move)
        except errors.ApiError as error:
            # Away, busy, or another was faster: the next round looks again; the term, if there is
            # one, ends by time.
            self._look = True
            self._complain(error)
            return self._timing.poll
        self._won(sent + self._timing.lead)
        on_round(sent + self._timing.lead)
        return max(0.0, sent + self._timing.renew - time.monotonic())

    async def release(self) -> None:
        """Gives the Lease back if it is ours; otherwise others see it expire."""
        await self._see()  # the answer to the last renewal may have been lost
        record = self._seen.record
        if record and record.holder == self._identity:
            patch = lease.released(record, datetime.now(UTC))
            await self._session.merge_patch(LEASES, self._key, patch)

    async def _see(self) -> None:
        try:
            record = lease.Record.of(await self._session.get(LEASES, self._key))
        except errors.NotFound:
            record = None
        self._seen = self._seen.again(record, time.monotonic())
        self._term.holder = record.holder if record else ""
        if lease.superseded(record, self._identity, self._term.epoch):
            self._term.lost_to = self._term.holder or "a holder that is gone"
            self._term.end()

    async def _write(self, move: lease.Move) -> None:
        now, seconds = datetime.now(UTC), self._timing.lease
        record = self._seen.record
        if record is None or move == "create":
            manifest = lease.made(self._key, self._identity, seconds, self._term.epoch, now)
            written = await self._session.create(LEASES, manifest)
        else:
            patch = lease.kept(record, self._identity, seconds, now)
            written = await self._session.merge_patch(LEASES, self._key, patch)
        self._seen = lease.Sight.first(lease.Record.of(written), time.monotonic())

    def _won(self, until: float) -> None:
        record = self._seen.record
        if record:
            self._term.holder = record.holder
            self._term.extend(record.epoch, until)
        self._trouble = ""
        self._look = False  # what was written is what is there, until a 409 says otherwise

    def _complain(self, error: errors.ApiError) -> None:
        """Says each kind of trouble once, not at each round; that another was faster is none."""
        trouble = "" if isinstance(error, errors.Conflict) else error.reason
        if trouble and trouble != self._trouble:
            log.warning("lease %s: %s", self._key, error)
        self._trouble = trouble
