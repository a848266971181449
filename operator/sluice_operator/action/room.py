"""Look at WorkflowActions, tell those who use them, and store what was found."""

import logging
from collections.abc import Callable
from datetime import datetime

from sluice_core.api.action import WorkflowAction
from sluice_kube.resources import ACTIONS, Manifest
from sluice_kube.status import StatusWriter
from sluice_operator.action.reconcile import judge, status

log = logging.getLogger(__name__)

OnJudged = Callable[[str, WorkflowAction | None, str], None]


class Room:
    """`on_judged(name, action, fault)` is told of every change at once, before a status is written.

    An action of None does not exist, or cannot be read.
    """

    def __init__(
        self, statuses: StatusWriter, on_judged: OnJudged, now: Callable[[], datetime]
    ) -> None:
        self._statuses, self._on_judged, self._now = statuses, on_judged, now
        self._seen: dict[str, Manifest] = {}

    def changed(self, name: str, manifest: Manifest | None) -> None:
        """A WorkflowAction as it is now."""
        if manifest is None or "deletionTimestamp" in manifest["metadata"]:
            self._seen.pop(name, None)
            self._on_judged(name, None, "")
            return
        self._seen[name] = manifest
        judged = judge(manifest)
        self._on_judged(name, judged.action, judged.fault)

    async def look(self, name: str) -> None:
        """Store what is thought of it."""
        manifest = self._seen.get(name)
        if manifest is None:
            return
        made = status(manifest, judge(manifest), self._now())
        if await self._statuses.write(ACTIONS, manifest, made) == "gone":
            log.info("WorkflowAction %s is gone", name)
