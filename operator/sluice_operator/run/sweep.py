"""Delete ended runs as retention decides, remembering which have ended, few at once."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sluice_core.api.workflow import History
from sluice_kube import errors
from sluice_kube.resources import RUNS, Key, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.run.activity import Activity, asked_at
from sluice_operator.run.insisting import Insisting
from sluice_operator.run.observed import TERMINAL, Name, Run
from sluice_operator.run.retention import Bounds, Ended, surplus

log = logging.getLogger(__name__)

AT_ONCE = 4
LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Use:
    """What others want ended runs for."""

    is_needed: Callable[[Name, Ended], bool] = lambda _flow, _run: False
    found: Callable[[Name, str, Manifest], None] = lambda _flow, _uid, _status: None
    complete: Callable[[], None] = lambda: None
    stored: Callable[[Manifest], None] = lambda _manifest: None


class Sweeper:
    """Knows which runs have ended: from a list at the start, then from dispatch.

    One that `is_needed` stays: its children that go on would be deleted with it, or its numbers
    are not counted yet. Where `history` answers None, it is not known what to keep: nothing is
    deleted. `found` is told of each run that had ended, `stored` is given all of it, and `complete`
    is told when that is all.
    """

    def __init__(
        self,
        session: Session,
        history: Callable[[Name], Awaitable[History | None]],
        bounds: Bounds,
        now: Callable[[], datetime],
        leading: Callable[[], bool],
        use: Use,
    ) -> None:
        self._session, self._history, self._bounds = session, history, bounds
        self._now, self._leading, self._use = now, leading, use
        self.activity = Activity()
        self.seeded = asyncio.Event()
        self._ended: defaultdict[Name, dict[str, Ended]] = defaultdict(dict)

    def ended(self, run: Run, phase: str, at: datetime) -> None:
        """A run has ended just now."""
        if run.begun:
            started = run.record.started
            begun = datetime.fromtimestamp(started / 1000, UTC) if started is not None else None
            created = datetime.fromisoformat(run.created)
            self.activity.note(run.workflow, asked_at(created, begun), at)
        self._ended[run.workflow][run.uid] = Ended(
            name=run.name,
            uid=run.uid,
            succeeded=phase == "Succeeded",
            at=at.timestamp(),
            keyed="keyHash" in run.spec,
            scheduled=_scheduled(run.spec),
        )

    async def run(self) -> None:
        """Sweep until cancelled."""
        await self._seed()
        pause = min(LONGEST_PAUSE_SECONDS, max(1.0, self._bounds.minimum / 4))
        while True:
            await asyncio.sleep(pause)  # first too, since most histories are not known yet
            if self._leading():
                await self._sweep()

    async def _seed(self) -> None:
        insist = Insisting(self._leading)
        for phase in TERMINAL:
            await insist(partial(self._list, phase))
        self.activity.known = True
        self.seeded.set()
        self._use.complete()

    async def _list(self, phase: str) -> None:
        """What was remembered before is that once more."""
        scope = Scope(fields=f"status.phase={phase}")
        async for manifest in self._session.list(RUNS, scope):
            self._remember(manifest, phase)

    def _remember(self, manifest: Manifest, phase: str) -> None:
        meta, spec = manifest["metadata"], manifest["spec"]
        time = manifest["status"].get("completionTime", meta["creationTimestamp"])
        at = datetime.fromisoformat(time)
        flow = Name(meta["namespace"], spec["workflow"])
        if started := manifest["status"].get("startTime"):
            created = datetime.fromisoformat(meta["creationTimestamp"])
            self.activity.note(flow, asked_at(created, datetime.fromisoformat(started)), at)
        self._use.found(flow, meta["uid"], manifest["status"])
        self._use.stored(manifest)
        self._ended[flow][meta["uid"]] = Ended(
            name=Name(meta["namespace"], meta["name"]),
            uid=meta["uid"],
            succeeded=phase == "Succeeded",
            at=at.timestamp(),
            keyed="keyHash" in spec,
            scheduled=_scheduled(spec),
        )

    async def _sweep(self) -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        now = self._now().timestamp()
        for flow, runs in list(self._ended.items()):
            history = await self._history(flow)
            over = surplus(runs.values(), history, self._bounds, now) if history else []
            going = [one for one in over if not self._use.is_needed(flow, one)]
            await asyncio.gather(*(self._delete(one, runs, gate) for one in going))
            if not runs:
                del self._ended[flow]

    async def _delete(self, one: Ended, runs: dict[str, Ended], gate: asyncio.Semaphore) -> None:
        async with gate:
            try:
                await self._session.delete(RUNS, Key(*one.name), uid=one.uid)
            except (errors.NotFound, errors.Conflict):
                log.debug("%s is gone already", one.name)
            except errors.ApiError as error:
                log.warning("deleting run %s: %s", one.name, error)
                return
            runs.pop(one.uid, None)


def _scheduled(spec: Mapping[str, Any]) -> tuple[str, datetime] | None:
    """The trigger and the time of a run that a schedule has set off."""
    trigger = spec.get("trigger", {})
    if trigger.get("type") != "Schedule" or not {"name", "time"} <= trigger.keys():
        return None
    return trigger["name"], datetime.fromisoformat(trigger["time"])
