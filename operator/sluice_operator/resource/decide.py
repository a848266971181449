"""Decide which changes of objects set runs off. Reads no clock, calls no API."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

import orjson

from sluice_core import labels, names
from sluice_core.api.triggers import ResourceChange
from sluice_operator import triggered
from sluice_operator.resource.observed import Change, Manifest, Mark, Seen, version
from sluice_operator.triggered import Owner

OBJECT_BYTES = 64 * 1024  # of the object that a run brings along
_SOURCE_LENGTH = 253
_LAG = timedelta(seconds=1)
_KEPT = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # the object once more


def cut(manifest: Manifest) -> Manifest:
    """What is remembered of an object."""
    meta = manifest["metadata"]
    return {"metadata": {field: meta[field] for field in _KEPT if field in meta}}


def change(spec: ResourceChange, old: Manifest | None, new: Manifest | None) -> Change | None:
    """What the trigger has to do with that: nothing, for what it has not asked for.

    Labels are those that the object has now, or had last. Sluice's own objects set nothing off:
    runs change them.
    """
    if new is None:
        found = Change("Deleted", old) if old is not None else None
    else:
        found = Change("Modified" if old is not None else "Added", new)
    return found if found is not None and _is_meant(spec, found) else None


def backlog(spec: ResourceChange, mark: Mark, objects: Iterable[Manifest]) -> Iterator[Change]:
    """Changes that nobody watched, as far as objects tell: not of those that are gone."""
    for one in objects:
        if mark.version is None or version(one) <= mark.version:
            continue
        found = Change("Added" if _is_new(one, mark) else "Modified", one)
        if _is_meant(spec, found):
            yield found


def merged(before: Change | None, after: Change) -> Change:
    """Of two changes that wait: an object that was just added is not modified as well."""
    if before is not None and (before.change, after.change) == ("Added", "Modified"):
        return Change("Added", after.about)
    return after


def first_mark(mark: Mark, objects: Iterable[Manifest], now: datetime) -> Mark:
    """Of a trigger that begins now: what is there was there before."""
    return settled(Mark(mark.last), objects, (), now)


def mark_after(mark: Mark, done: Change, now: datetime, *, made: bool) -> Mark:
    """The change is done with, and all before it; `made` where that was by a run."""
    reached = max(mark.version or 0, done.version)
    return Mark(now if made else mark.last, reached, mark.time)


def settled(
    mark: Mark, objects: Iterable[Manifest], waiting: Collection[Change], now: datetime
) -> Mark:
    """The same a moment later, when all that was created until a second ago has been heard of.

    Version and time go on together: of a later version, and created before that time, is only
    what has been modified since.
    """
    there = max(map(version, objects), default=0)
    reached = min((one.version - 1 for one in waiting), default=there)
    heard = (now - _LAG).replace(microsecond=0)
    time = min([heard, *(_created(one.about) for one in waiting)])
    return Mark(mark.last, max(mark.version or 0, reached), time)


def is_still_meant(spec: ResourceChange, watched: Change, now: Manifest | None) -> bool:
    """Whether the object, as it is now, is the one that changed, and of those asked for."""
    if now is None or now["metadata"]["uid"] != watched.about["metadata"]["uid"]:
        return False
    return labels.matches(spec.label_selector, now["metadata"].get("labels", {}))


def make_run(seen: Seen, trigger: str, what: Change, whole: Manifest) -> Manifest:
    """The one run of that change; `whole` is the object, whose version the run is of."""
    meta = whole["metadata"]
    once = {"Added": "", "Modified": meta["resourceVersion"], "Deleted": ""}[what.change]
    key = (seen.uid, "Resource", trigger, meta["uid"], what.change, once)
    source = f"{whole['kind']}/{meta['name']}"[:_SOURCE_LENGTH]
    spec = {
        "trigger": {"type": "Resource", "name": trigger, "source": source},
        "inputs": {"change": what.change, **_brought(whole)},
    }
    owner = Owner(seen.namespace, seen.name, seen.uid)
    return triggered.make_run(owner, names.keyed_run(seen.name, *key), spec)


def _brought(whole: Manifest) -> Manifest:
    """The object without managedFields; if it is too large its metadata, or who it is at least."""
    meta = {field: value for field, value in whole["metadata"].items() if field != "managedFields"}
    if _APPLIED in meta.get("annotations", {}):
        meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != _APPLIED}
    brought = whole | {"metadata": meta}
    if _size(brought) <= OBJECT_BYTES:
        return {"object": brought}
    named = {"apiVersion": whole["apiVersion"], "kind": whole["kind"], "metadata": meta}
    if _size(named) > OBJECT_BYTES:
        named["metadata"] = cut(whole)["metadata"]
    return {"object": named, "truncated": True}


def _size(value: Manifest) -> int:
    return len(orjson.dumps(value))


def _is_meant(spec: ResourceChange, found: Change) -> bool:
    meta = found.about["metadata"]
    of_ours = meta.get("labels", {}).get(names.LABEL_MANAGED_BY) == "sluice"
    asked = found.change in spec.events
    return asked and not of_ours and labels.matches(spec.label_selector, meta.get("labels", {}))


def _is_new(one: Manifest, mark: Mark) -> bool:
    return mark.time is not None and _created(one) >= mark.time


def _created(about: Manifest) -> datetime:
    """Without fractions of a second."""
    return datetime.fromisoformat(about["metadata"]["creationTimestamp"])
