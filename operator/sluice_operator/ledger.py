"""What `status` of a Workflow tells of its runs: how far its triggers are, and its health.

In memory as it is now, and stored at most once a minute. Until it is stored, the runs that it was
read from stay: from them and from what is stored, the next leader finds out the same.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sluice_core import health, record
from sluice_core.api.workflow_status import Health
from sluice_core.health import Outcome
from sluice_core.shared import shared
from sluice_kube.resources import Key
from sluice_operator.resource.observed import Mark, entries, marks
from sluice_operator.schedule.decide import status as status_of_times
from sluice_operator.schedule.observed import Times, times

SETTLES = timedelta(seconds=5)
"""How long after its end a run may become known: clocks of runners differ, writes take time."""

GATHERS = timedelta(seconds=10)  # from the first change until it is stored, with what comes after
EVERY = timedelta(minutes=1)
PACE = timedelta(milliseconds=10)  # between the writes of all workflows

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class _Page:
    """Of one workflow: as it is now, was last shown, is stored. What counts is after `floor`."""

    uid: str
    floor: datetime | None
    times: Mapping[str, Times]
    fires: bool
    marks: Mapping[str, Mark]
    health: Health
    shown: dict[str, Any]
    stored: dict[str, Any]
    next_show: datetime | None = None
    not_before: datetime | None = None


@dataclass(slots=True)
class _Runs:
    """Of one workflow, by uid: runs that ended and are not counted, and ends on their way."""

    ended: dict[str, Outcome] = field(default_factory=dict)
    ending: dict[str, datetime] = field(default_factory=dict)


class Ledger:
    """`due` has a workflow's status written, when `wake` says that it is time."""

    def __init__(
        self, wake: Callable[[Key, datetime | None], None], now: Callable[[], datetime]
    ) -> None:
        self._wake, self._now = wake, now
        self._pages: dict[Key, _Page] = {}
        self._runs: defaultdict[Key, _Runs] = defaultdict(_Runs)
        self._slot = now()
        self._complete = False

    def open(self, key: Key, uid: str, created: datetime | None, status: Mapping[str, Any]) -> None:
        """A workflow, and what is stored of it where it is seen for the first time."""
        page = self._pages.get(key)
        if page is not None and page.uid == uid:
            return
        stored = {part: status[part] for part in PARTS if part in status}
        found = shared(Health.model_validate(status.get("health", {})))
        page = self._pages[key] = _Page(
            uid=uid,
            floor=found.up_to or created,
            times=times(status),
            fires="nextRunTime" in status,
            marks=marks(status),
            health=found,
            shown=stored,
            stored=stored,
        )
        if (runs := self._runs.get(key)) is not None:
            runs.ended = {k: run for k, run in runs.ended.items() if _is_after(run.at, page.floor)}
        self._plan(key, soon=False)

    def close(self, key: Key) -> None:
        """There is no such workflow any more."""
        self._pages.pop(key, None)
        self._runs.pop(key, None)
        self._wake(key, None)

    # -- schedules

    def times(self, key: Key) -> Mapping[str, Times]:
        """How far its triggers are, whether stored or not."""
        page = self._pages.get(key)
        return page.times if page else {}

    def keep(self, key: Key, times: Mapping[str, Times], *, fires: bool, soon: bool) -> None:
        """That is how far its triggers are now."""
        page = self._pages.get(key)
        if page is not None and (page.times, page.fires) != (times, fires):
            page.times, page.fires = times, fires
            self._plan(key, soon=soon)

    # -- resource triggers

    def marks(self, key: Key) -> Mapping[str, Mark]:
        """How far its resource triggers are, whether stored or not."""
        page = self._pages.get(key)
        if page is None:
            return {}
        return {name: Mark(last=one.last) for name, one in page.times.items()} | dict(page.marks)

    def keep_marks(self, key: Key, marks: Mapping[str, Mark], *, soon: bool = False) -> None:
        """That is how far they are now."""
        page = self._pages.get(key)
        if page is not None and page.marks != marks:
            page.marks = marks
            self._plan(key, soon=soon)

    # -- health

    def ending(self, key: Key, uid: str, status: dict[str, Any]) -> None:
        """The end of a run is decided and not stored yet.

        One that is heard of so late that all of its time is counted ends now instead: the next
        leader would take it for counted. A runner's clock, or a network, may be that far behind.
        """
        run, page = health.outcome(uid, status), self._pages.get(key)
        if run is None:
            return
        at, counted = run.at, page.health.up_to if page else None
        if counted is not None and at <= counted:
            at = max(self._now(), counted + _MILLISECOND)
            status["completionTime"] = record.rfc3339(round(at.timestamp() * 1000))
        self._runs[key].ending[uid] = at

    def ended(self, key: Key, uid: str, status: Mapping[str, Any]) -> None:
        """The end of a run is stored: it is counted, once."""
        run, runs = health.outcome(uid, status), self._runs[key]
        runs.ending.pop(uid, None)
        if run is None:
            return
        runs.ended[uid] = run
        self._plan(key, soon=False)

    def found(self, key: Key, uid: str, status: Mapping[str, Any]) -> None:
        """A run that had ended when this process began to lead."""
        run, page = health.outcome(uid, status), self._pages.get(key)
        if run is not None and (page is None or _is_after(run.at, page.floor)):
            self._runs[key].ended[uid] = run

    def complete(self) -> None:
        """All runs that had ended are found."""
        self._complete = True
        for key in list(self._pages):
            self._plan(key, soon=False)

    # -- what is stored

    def shown(self, key: Key) -> dict[str, Any] | None:
        """What its status is to tell at the moment; None for one that is not open."""
        page, now = self._pages.get(key), self._now()
        if page is None:
            return None
        if page.next_show is not None and page.next_show <= now:
            page.next_show, page.not_before = None, now + EVERY
            if self._complete:
                self._count(key, page, now)
            page.shown = _status(page)
            if self._has_ended(key):
                self._plan(key, soon=False)
        return page.shown

    def stored(self, key: Key, uid: str, status: Mapping[str, Any]) -> None:
        """The API server has it."""
        page = self._pages.get(key)
        if page is not None and page.uid == uid:
            page.stored = {part: status[part] for part in PARTS if part in status}

    def is_open(self, key: Key) -> bool:
        """Whether the workflow is known."""
        return key in self._pages

    def needs(
        self, key: Key, uid: str, at: datetime, scheduled: tuple[str, datetime] | None
    ) -> bool:
        """Whether the next leader would have to read a run that ended then."""
        page = self._pages.get(key)
        if page is None or (key in self._runs and uid in self._runs[key].ended):
            return page is not None
        if not _is_stored(page, at):
            return True
        if scheduled is None:
            return False
        trigger, time = scheduled
        stored = times(page.stored).get(trigger)
        return stored is not None and stored.next is not None and stored.next <= time

    def _has_ended(self, key: Key) -> bool:
        """Whether runs are to be counted."""
        runs = self._runs.get(key)
        return runs is not None and bool(runs.ended)

    def _count(self, key: Key, page: _Page, now: datetime) -> None:
        """Those that ended so long ago that none who ended before can become known any more."""
        runs = self._runs[key]
        oldest = min(runs.ending.values(), default=now)
        up_to = min(now - SETTLES, oldest - _MILLISECOND)
        counted = [run for run in runs.ended.values() if run.at <= up_to]
        for run in counted:
            del runs.ended[run.uid]
        page.health = health.fold(page.health, counted, up_to)

    def _plan(self, key: Key, *, soon: bool) -> None:
        """Show it when that is due, unless it is planned already; one workflow after the other."""
        page, now = self._pages.get(key), self._now()
        if page is None or (not self._complete and not soon):
            return
        if not self._has_ended(key) and _status(page) == page.shown:
            return
        if soon:
            page.next_show = now
        elif page.next_show is None:
            self._slot = max(self._slot + PACE, now + GATHERS)
            page.next_show = max(self._slot, page.not_before or now)
        self._wake(key, page.next_show)


PARTS = ("triggers", "nextRunTime", "health")


def _status(page: _Page) -> dict[str, Any]:
    times = {name: one for name, one in page.times.items() if name not in page.marks}
    made = status_of_times(times, fires=page.fires)
    marked = list(entries(page.marks))
    if marked:
        made["triggers"] = [*made.get("triggers", ()), *marked]
    found = health.status(page.health)
    return made | ({"health": found} if found else {})


def _is_stored(page: _Page, at: datetime) -> bool:
    """Whether what was counted of that time is stored."""
    stored = page.stored.get("health", {}).get("upTo")
    up_to = datetime.fromisoformat(stored) if stored else None
    return up_to == page.health.up_to or (up_to is not None and at <= up_to)


def _is_after(at: datetime, floor: datetime | None) -> bool:
    return floor is None or at > floor
