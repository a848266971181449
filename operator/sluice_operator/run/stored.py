"""Store what became of a run, as soon as that is possible and allowed."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from sluice_kube import errors
from sluice_kube.resources import RUNS, Key, Manifest
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.run.insisting import Insisting
from sluice_operator.run.observed import Name, Run, has_ended

log = logging.getLogger(__name__)

WRITE_AGAIN_SECONDS = 1.0


class Stored:
    """The statuses of runs at the API server; written only while `leading`."""

    def __init__(
        self, session: Session, statuses: StatusWriter, leading: Callable[[], bool]
    ) -> None:
        self._session, self._statuses, self._leading = session, statuses, leading
        self._insist = Insisting(leading)

    async def write(self, run: Run, status: dict[str, Any]) -> bool:
        """False when the run is gone; waits for the API server as long as it takes.

        A status that the API server will never take is written without its details; where even
        that is refused, the run has ended by other hands.
        """
        is_bare = False
        while True:
            if self._leading():
                try:
                    return await self._statuses.write(RUNS, _live(run), status) != "gone"
                except (errors.Invalid, errors.TooLarge) as error:
                    log.error("run %s: the API server refuses its status: %s", run.name, error)  # noqa: TRY400
                    if is_bare:
                        return True
                    status, is_bare = _bare(status, str(error)), True
                    continue
                except errors.ApiError as error:
                    log.warning("run %s: writing its status: %s", run.name, error)
            await asyncio.sleep(WRITE_AGAIN_SECONDS)

    async def write_notifications(
        self, name: Name, uid: str, entries: list[dict[str, Any]]
    ) -> bool:
        """Of a run that has ended: how notifications about it go. False when the run is gone."""
        live = {"metadata": {"namespace": name.namespace, "name": name.name, "uid": uid}}
        while True:
            if self._leading():
                try:
                    outcome = await self._statuses.write_part(RUNS, live, "notifications", entries)
                except (errors.Invalid, errors.TooLarge) as error:
                    log.error("run %s: its notifications are not stored: %s", name, error)  # noqa: TRY400
                    return True
                except errors.ApiError as error:
                    log.warning("run %s: writing its notifications: %s", name, error)
                else:
                    return outcome != "gone"
            await asyncio.sleep(WRITE_AGAIN_SECONDS)

    async def is_undecided(self, run: Run) -> bool:
        """Whether the run, and no namesake of it, is there and has not ended.

        Waits for the API server too: who asks lets go of the run by the answer, or takes it up.
        """
        try:
            found = await self._insist(lambda: self._session.get(RUNS, Key(*run.name)))
        except errors.NotFound:
            return False
        return found["metadata"]["uid"] == run.uid and not has_ended(found)


def _live(run: Run) -> Manifest:
    """As much of the object as a status write needs."""
    return {"metadata": {"namespace": run.name.namespace, "name": run.name.name, "uid": run.uid}}


def _bare(status: dict[str, Any], why: str) -> dict[str, Any]:
    """What is written when the rest cannot be: phase and condition are never lost."""
    kept = {k: v for k, v in status.items() if k not in ("steps", "output")}
    conditions = [
        one | {"message": f"{one['message']} (details were refused: {why})"[:1024]}
        for one in kept["conditions"]
    ]
    return kept | {"conditions": conditions, "truncated": True}
