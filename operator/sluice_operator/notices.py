"""What runs have to say, as Kubernetes Events: when a step asks for one, and when runs fail."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import JsonValue

from sluice_core import conditions, record, wire
from sluice_kube import errors
from sluice_kube.resources import EVENTS, Manifest, Resource
from sluice_operator.deadlines import Deadlines
from sluice_operator.kube_events import Event, Regarding, make
from sluice_operator.run.observed import Name, Run
from sluice_operator.run.replies import Declined

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=1)
MOST = 60  # Events that steps of one workflow may ask for in a window


class Creates(Protocol):
    """The API server's verb."""

    def create(self, resource: Resource, manifest: Manifest) -> Awaitable[Manifest]:
        """The object as created."""


class Asked:
    """Makes the Event that a step asks for, once for each key, and not too many."""

    def __init__(self, session: Creates, reporter: str, now: Callable[[], datetime]) -> None:
        self._session, self._reporter, self._now = session, reporter, now
        self._windows: dict[Name, tuple[datetime, int]] = {}

    async def serve(self, run: Run, request: wire.Request) -> JsonValue:
        """Make it, or decline; raises ValidationError for another body."""
        asked = wire.Notify.model_validate(request.body)
        self._count(run.workflow)
        said = ": ".join(part for part in (asked.title, asked.message) if part)
        event = Event(
            "Normal" if asked.level == "info" else "Warning",
            "Notification",
            f"step {request.step}: {said}",
            action="Notify",
        )
        about = Regarding("WorkflowRun", *run.name, run.uid)
        digest = hashlib.sha256(f"{run.uid}\x00{asked.key}".encode()).hexdigest()[:16]
        made = make(event, about, self._reporter, self._now(), name=f"{run.name.name}.{digest}")
        try:
            await self._session.create(EVENTS, made)
        except errors.AlreadyExists:
            log.debug("%s: step %s has told that before", run.name, request.step)
        except errors.ApiError as error:
            passing = not isinstance(error, (errors.Invalid, errors.Forbidden, errors.NotFound))
            message = f"the Event was not made: {error}"
            raise Declined("Refused", message, "Transient" if passing else "Permanent") from error
        return {}

    def _count(self, flow: Name) -> None:
        now = self._now()
        self._windows = {k: one for k, one in self._windows.items() if now - one[0] < WINDOW}
        since, count = self._windows.get(flow, (now, 0))
        if count >= MOST:
            message = f"steps of workflow {flow.name} have made {MOST} Events within a minute"
            raise Declined("EventLimit", message, "RateLimited")
        self._windows[flow] = (since, count + 1)


@dataclass
class _Held:
    """Failures of a workflow that are not told yet, in a window of which one is told."""

    uid: str
    count: int = 0
    last: str = ""


class Failures:
    """Tells of runs that failed: the first at once, those within a minute of it together.

    For people, so one that the API server refuses is not tried again, and a new leader tells anew.
    """

    def __init__(
        self,
        session: Creates,
        reporter: str,
        now: Callable[[], datetime],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._session, self._reporter, self._now = session, reporter, now
        self._spawn = spawn
        self._held: dict[Name, _Held] = {}
        self._times: Deadlines[Name] = Deadlines(self._due, now)

    async def run(self) -> None:
        """Tell in time of what is held back, until cancelled."""
        await self._times.run()

    def look(self) -> None:
        """Tell of what is due."""
        for flow in self._times.pop_due():
            self._due(flow)

    def ended(self, run: Run, flow_uid: str, status: Mapping[str, Any]) -> None:
        """A run's end is stored; only a failure is told."""
        if status["phase"] == "Failed":
            self.told(run.workflow, flow_uid, _words(run, status))

    def told(self, flow: Name, flow_uid: str, words: str) -> None:
        """A run of the workflow has failed, or cannot be made, in these words."""
        held = self._held.get(flow)
        if held is None:
            self._held[flow] = _Held(flow_uid)
            self._times.set(flow, self._now() + WINDOW)
            self._tell(flow, flow_uid, words)
            return
        held.count, held.last, held.uid = held.count + 1, words, flow_uid

    def _due(self, flow: Name) -> None:
        held = self._held.pop(flow)
        if not held.count:
            return
        self._held[flow] = _Held(held.uid)
        self._times.set(flow, self._now() + WINDOW)
        many = f"{held.count} runs failed within a minute, the last one: " if held.count > 1 else ""
        self._tell(flow, held.uid, f"{many}{held.last}")

    def _tell(self, flow: Name, uid: str, note: str) -> None:
        event = Event("Warning", "RunFailed", note, action="Run")
        made = make(event, Regarding("Workflow", *flow, uid), self._reporter, self._now())
        self._spawn(self._create(flow, made))

    async def _create(self, flow: Name, made: Manifest) -> None:
        try:
            await self._session.create(EVENTS, made)
        except errors.ApiError as error:
            log.info("event RunFailed of %s: %s", flow, error)


def _words(run: Run, status: Mapping[str, Any]) -> str:
    shown = conditions.find(status.get("conditions", ()), record.CONDITION) or {}
    said = ": ".join(part for part in (shown.get("reason"), shown.get("message")) if part)
    return f"run {run.name.name}: {said}"
