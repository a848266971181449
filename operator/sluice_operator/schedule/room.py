"""Look at the schedules of one workflow, and make the runs that are due: each once, by its name."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sluice_core import conditions
from sluice_kube import errors
from sluice_kube.resources import RUNS, Key
from sluice_kube.session import Session
from sluice_operator import metrics
from sluice_operator.present import Present
from sluice_operator.schedule.decide import Fire, decide, make_run
from sluice_operator.schedule.observed import Seen, Times

log = logging.getLogger(__name__)

REFUSALS = (errors.Forbidden, errors.Invalid, errors.TooLarge)


class Ledger(Protocol):
    """Where it is kept how far triggers are; see sluice_operator.ledger."""

    def times(self, key: Key) -> Mapping[str, Times]:
        """As it is now, whether stored or not."""

    def keep(self, key: Key, times: Mapping[str, Times], *, fires: bool, soon: bool) -> None:
        """That is how far they are now."""


class NotLeading(Exception):  # noqa: N818 - a state, not a fault
    """No run is made while the Lease is not renewed."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the room needs; `wake` has a workflow looked at at that time, `gone` forgets it.

    `refused` is told, of a workflow by key and uid, why a run cannot be made.
    """

    session: Session
    ledger: Ledger
    wake: Callable[[Key, datetime | None], None]
    gone: Callable[[Key, str], None]
    refused: Callable[[Key, str, str], None]
    leading: Callable[[], bool]
    now: Callable[[], datetime]


class Room:
    """Knows the schedules of each workflow as they were last decided about."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._present = Present(ports.session, ports.now)
        self._seen: dict[Key, Seen] = {}

    def see(self, seen: Seen) -> bool:
        """A workflow as it is now; whether something about its schedules has changed."""
        key = Key(seen.namespace, seen.name)
        if not seen.schedules and key not in self._seen:
            return False
        changed = self._seen.get(key) != seen
        self._seen[key] = seen
        return changed

    def forget(self, key: Key) -> None:
        """There is no such workflow any more."""
        if self._seen.pop(key, None) is not None:
            self._ports.wake(key, None)

    async def look(self, key: Key) -> None:
        """Make what is due. What fails is due again, as the schedule's catchUp has it.

        Raises what the first one failed with, once all others are made.
        """
        seen = self._seen.get(key)
        if seen is None:
            return
        decision = decide(seen, self._ports.ledger.times(key), self._ports.now())
        if decision.fires and not await self._may_fire(key, seen):
            return
        failed = await self._make_all(seen, decision.fires)
        times, before = dict(decision.times), self._ports.ledger.times(key)
        for trigger, (fire, _) in failed.items():
            times[trigger] = Times(before.get(trigger, Times()).last, fire.time)
        fires, soon = seen.mode == "Fires", not decision.fires
        self._ports.ledger.keep(key, times, fires=fires, soon=soon)
        self._ports.wake(key, decision.wake)
        for _, error in failed.values():
            raise error

    async def _make_all(
        self, seen: Seen, fires: Sequence[Fire]
    ) -> dict[str, tuple[Fire, errors.ApiError]]:
        """In their order; of a trigger none after one that failed, which the answer tells."""
        failed: dict[str, tuple[Fire, errors.ApiError]] = {}
        for fire in fires:
            if fire.trigger in failed:
                continue
            try:
                await self._make(seen, fire)
            except errors.ApiError as error:
                failed[fire.trigger] = (fire, error)
                if isinstance(error, REFUSALS):
                    self._ports.refused(
                        Key(seen.namespace, seen.name), seen.uid, _words(fire, error)
                    )
        return failed

    async def _may_fire(self, key: Key, seen: Seen) -> bool:
        if not self._ports.leading():
            raise NotLeading(f"{key} is looked at again once the Lease is renewed")
        if await self._present.is_there(key, seen.uid):
            return True
        log.info("workflow %s was deleted, which nobody told", key)
        self.forget(key)
        self._ports.gone(key, seen.uid)
        return False

    async def _make(self, seen: Seen, fire: Fire) -> None:
        try:
            await self._ports.session.create(RUNS, make_run(seen, fire))
        except errors.AlreadyExists:
            return  # by a leader before, or before the answer was lost
        lag = (self._ports.now() - fire.begins).total_seconds()
        metrics.SCHEDULE_LAG_SECONDS.observe(max(0.0, lag))


def _words(fire: Fire, error: errors.ApiError) -> str:
    time = conditions.seconds(fire.time)
    said = f"the run of schedule {fire.trigger} for {time} is refused, and tried again"
    return f"{said}: {error.message}"
