"""Look at the resource triggers of one workflow, and make the runs of what has changed."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sluice_kube.resources import Key, Resource
from sluice_kube.session import Session
from sluice_operator.present import Present
from sluice_operator.resource import decide
from sluice_operator.resource.access import REFUSED_FOR, Access, Problem
from sluice_operator.resource.making import Followed, Maker
from sluice_operator.resource.observed import Change, Kind, Manifest, Mark, Seen
from sluice_operator.resource.watches import Watches

log = logging.getLogger(__name__)

SETTLES = timedelta(seconds=2)  # after a change


class Ledger(Protocol):
    """Where it is kept how far triggers are; see sluice_operator.ledger."""

    def marks(self, key: Key) -> Mapping[str, Mark]:
        """As it is now, whether stored or not."""

    def keep_marks(self, key: Key, marks: Mapping[str, Mark], *, soon: bool = False) -> None:
        """That is how far they are now."""


class NotLeading(Exception):  # noqa: N818 - a state, not a fault
    """No run is made while the Lease is not renewed."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What the room needs; `look` has a workflow looked at soon, `wake` at that time.

    `told` hears what is wrong with the triggers of a workflow, `gone` forgets it.
    """

    session: Session
    listed: Collection[Kind]
    ledger: Ledger
    look: Callable[[Key], None]
    wake: Callable[[Key, datetime | None], None]
    told: Callable[[Key, tuple[Problem, ...]], None]
    gone: Callable[[Key, str], None]
    leading: Callable[[], bool]
    now: Callable[[], datetime]


class _Place(NamedTuple):
    """Of a change that waits for its run: one of the same object takes its place."""

    trigger: str
    uid: str


class Room:
    """Knows the resource triggers of each workflow, and the changes that wait for their runs."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._access = Access(ports.session, ports.listed, ports.now)
        self._maker = Maker(ports.session)
        self._present = Present(ports.session, ports.now)
        self.watches = Watches(ports.session, self._changed, ports.look)
        self._seen: dict[Key, Seen] = {}
        self._told: dict[Key, tuple[Problem, ...]] = {}
        self._followed: defaultdict[str, dict[Key, dict[str, Followed]]] = defaultdict(dict)
        self._settles: dict[Key, datetime] = {}
        self._waiting: defaultdict[Key, dict[_Place, Change]] = defaultdict(dict)

    def see(self, seen: Seen) -> bool:
        """A workflow as it is now; whether something about its triggers has changed."""
        key = Key(seen.namespace, seen.name)
        if not seen.triggers and key not in self._seen:
            return False
        changed = self._seen.get(key) != seen
        self._seen[key] = seen
        return changed

    def forget(self, key: Key) -> None:
        """There is no such workflow any more."""
        if self._seen.pop(key, None) is None:
            return
        self._told.pop(key, None)
        self._waiting.pop(key, None)
        self._settles.pop(key, None)
        self._followed[key.namespace].pop(key, None)
        self.watches.want(key, ())
        self._ports.wake(key, None)

    async def look(self, key: Key) -> None:
        """Watch what is to be watched, and make the runs that wait. What fails is done again."""
        seen = self._seen.get(key)
        if seen is None:
            return
        found, problems = await self._judge(seen)
        if self._seen.get(key) != seen:
            return  # there is another look for what is now
        if problems:
            self._tell(key, problems)
        if self._follow(key, seen, found):
            self._tell(key, problems)  # that all is well only with where triggers begin
            await self._make_all(key, seen)
            self._settle(key, found)
        self._plan(key)

    async def _judge(self, seen: Seen) -> tuple[dict[str, Followed], tuple[Problem, ...]]:
        """Those that may be watched, and why the others may not."""
        found, problems = dict[str, Followed](), list[Problem]()
        for name, trigger in seen.live.items():
            judged = await self._access.judge(seen, trigger)
            if isinstance(judged, Problem):
                problems.append(judged)
            else:
                found[name] = Followed(judged, trigger.spec)
        return found, tuple(problems)

    def _tell(self, key: Key, problems: tuple[Problem, ...]) -> None:
        if self._told.get(key) != problems:
            self._told[key] = problems
            self._ports.told(key, problems)

    def _follow(self, key: Key, seen: Seen, found: Mapping[str, Followed]) -> bool:
        """Take note of changes from now on, and of those that nobody watched.

        False while not all objects are known; then there is another look. Where a trigger begins
        is stored at once: the next leader would take all until then for what was there before.
        """
        self.watches.want(key, {one.resource for one in found.values()})
        if not all(self.watches.has_synced(one.resource) for one in found.values()):
            return False
        before = self._followed[key.namespace].get(key, {})
        known, waiting = self._ports.ledger.marks(key), self._waiting[key]
        marks = {name: known.get(name, Mark()) for name in seen.triggers}
        for name in seen.triggers.keys() - seen.live.keys():
            marks[name] = Mark(marks[name].last)
        begins = False
        for name, one in found.items():
            if before.get(name) != one:
                begins = begins or name in before or marks[name].version is None
                marks[name] = self._begin(key, name, marks[name], one, anew=name in before)
        for place in [one for one in waiting if one.trigger not in found]:
            del waiting[place]
        self._followed[key.namespace][key] = dict(found)
        self._ports.ledger.keep_marks(key, marks, soon=begins)
        return True

    def _begin(self, key: Key, name: str, mark: Mark, one: Followed, *, anew: bool) -> Mark:
        """`anew`: it was about something else until now."""
        objects = self.watches.within(one.resource, key.namespace).values()
        if anew or mark.version is None:
            for place in [it for it in self._waiting[key] if it.trigger == name]:
                del self._waiting[key][place]
            self._settles[key] = self._ports.now() + SETTLES
            return decide.first_mark(mark, objects, self._ports.now())
        for missed in decide.backlog(one.spec, mark, objects):
            self._wait(key, name, missed)
        return mark

    def _changed(
        self, resource: Resource, namespace: str, old: Manifest | None, new: Manifest | None
    ) -> None:
        """From a watch, of whatever kind and namespace."""
        for key, triggers in self._followed.get(namespace, {}).items():
            for name, one in triggers.items():
                if one.resource == resource:
                    found = decide.change(one.spec, old, new)
                    if found is not None:
                        self._wait(key, name, found)
                        self._ports.look(key)

    def _wait(self, key: Key, trigger: str, found: Change) -> None:
        place = _Place(trigger, found.about["metadata"]["uid"])
        before = self._waiting[key].get(place)
        self._waiting[key][place] = decide.merged(before, found)

    async def _make_all(self, key: Key, seen: Seen) -> None:
        waiting = self._waiting[key]
        if not waiting or not await self._may_fire(key, seen):
            return
        for place, found in sorted(waiting.items(), key=lambda one: one[1].version):
            if self._seen.get(key) != seen:
                return  # there is another look for what is now
            followed = self._followed[key.namespace][key][place.trigger]
            made = await self._maker.make(seen, place.trigger, followed, found)
            if waiting.get(place) is found:
                del waiting[place]
            now = self._ports.now()
            self._settles.setdefault(key, now + SETTLES)
            mark = self._ports.ledger.marks(key).get(place.trigger, Mark())
            after = decide.mark_after(mark, found, now, made=made)
            self._keep(key, {place.trigger: after})

    def _settle(self, key: Key, found: Mapping[str, Followed]) -> None:
        """Say how far triggers are once no change is on its way that was before."""
        now = self._ports.now()
        if key not in self._settles or self._settles[key] > now:
            return
        del self._settles[key]
        marks, waiting = self._ports.ledger.marks(key), self._waiting[key]
        settled = {
            name: decide.settled(
                marks.get(name, Mark()),
                self.watches.within(one.resource, key.namespace).values(),
                [change for place, change in waiting.items() if place.trigger == name],
                now,
            )
            for name, one in found.items()
        }
        self._keep(key, settled)

    def _keep(self, key: Key, changed: Mapping[str, Mark]) -> None:
        marks = dict(self._ports.ledger.marks(key)) | dict(changed)
        triggers = self._seen[key].triggers if key in self._seen else ()
        kept = {name: marks[name] for name in triggers if name in marks}
        self._ports.ledger.keep_marks(key, kept)

    def _plan(self, key: Key) -> None:
        """When to look again, though nothing has changed."""
        again = self._ports.now() + REFUSED_FOR if self._told.get(key) else None
        times = [one for one in (again, self._settles.get(key)) if one is not None]
        self._ports.wake(key, min(times, default=None))

    async def _may_fire(self, key: Key, seen: Seen) -> bool:
        if not self._ports.leading():
            raise NotLeading(f"{key} is looked at again once the Lease is renewed")
        if await self._present.is_there(key, seen.uid):
            return True
        log.info("workflow %s was deleted, which nobody told", key)
        self.forget(key)
        self._ports.gone(key, seen.uid)
        return False
