"""Which changes of objects set runs off, and what is remembered of that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice_core.api.triggers import ResourceChange
from sluice_operator.resource import decide
from sluice_operator.resource.observed import Change, Manifest, Mark, Seen, entries, marks, read
from testkit.builders import a_workflow

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SHOP, OURS = {"app": "shop"}, {"app": "shop", "app.kubernetes.io/managed-by": "sluice"}


def a_trigger(*events: str, **fields: Any) -> ResourceChange:
    asked = {"apiVersion": "v1", "kind": "ConfigMap", "labelSelector": {"matchLabels": SHOP}}
    return ResourceChange.model_validate(asked | ({"events": events} if events else {}) | fields)


def an_object(
    version: int = 5, *, name: str = "prices", created: str = "11:00:00", **fields: Any
) -> Manifest:
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-of-{name}",
        "resourceVersion": str(version),
        "creationTimestamp": f"2026-01-31T{created}Z",
        "labels": fields.pop("labels", SHOP),
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata | fields}


# what is asked for, the object before and after, what becomes of it
CHANGES: dict[str, tuple[ResourceChange, Manifest | None, Manifest | None, str | None]] = {
    "it was added": (a_trigger(), None, an_object(), "Added"),
    "it was modified": (a_trigger(), an_object(5), an_object(6), "Modified"),
    "it was deleted": (a_trigger(), an_object(), None, "Deleted"),
    "nobody asks for additions": (a_trigger("Modified"), None, an_object(), None),
    "nobody asks for deletions": (a_trigger("Added", "Modified"), an_object(), None, None),
    "its labels are others": (a_trigger(), None, an_object(labels={"app": "bank"}), None),
    "it has no labels": (a_trigger(), None, an_object(labels={}), None),
    "it got the labels": (a_trigger(), an_object(labels={}), an_object(6), "Modified"),
    "it lost the labels": (a_trigger(), an_object(), an_object(6, labels={}), None),
    "it is one of Sluice's": (a_trigger(), None, an_object(labels=OURS), None),
}


@pytest.mark.parametrize(("spec", "old", "new", "what"), CHANGES.values(), ids=CHANGES)
def test_a_change_that_was_watched(
    spec: ResourceChange, old: Manifest | None, new: Manifest | None, what: str | None
) -> None:
    found = decide.change(spec, old, new)

    assert (found.change if found else None) == what
    assert found is None or found.about is (new or old)


# an object as it is found after nobody has watched; all up to version 10, at noon, is done with
BACKLOG: dict[str, tuple[ResourceChange, Manifest, str | None]] = {
    "it was there": (a_trigger(), an_object(10), None),
    "it was changed": (a_trigger(), an_object(11), "Modified"),
    "it came": (a_trigger(), an_object(11, created="12:00:00"), "Added"),
    "it came, and additions are not asked for": (
        a_trigger("Modified"), an_object(11, created="12:00:00"), None,
    ),
    "it was changed, and only additions are asked for": (a_trigger("Added"), an_object(11), None),
    "its labels are others": (a_trigger(), an_object(11, labels={}), None),
    "its version is no number": (
        a_trigger(), an_object(11, resourceVersion="x"), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "one", "what"), BACKLOG.values(), ids=BACKLOG)
def test_a_change_that_nobody_watched(
    spec: ResourceChange, one: Manifest, what: str | None
) -> None:
    found = list(decide.backlog(spec, Mark(None, 10, NOON), [one]))

    assert [it.change for it in found] == ([what] if what else [])


def test_a_trigger_without_a_mark_has_missed_nothing() -> None:
    assert list(decide.backlog(a_trigger(), Mark(), [an_object()])) == []


def test_a_trigger_that_begins_is_beyond_all_that_there_is() -> None:
    objects = [an_object(9, name="a"), an_object(10, name="b")]

    mark = decide.first_mark(Mark(last=NOON), objects, NOON)

    assert mark == Mark(NOON, 10, NOON - SECOND)
    assert list(decide.backlog(a_trigger(), mark, objects)) == []


ADDED, MODIFIED = Change("Added", an_object(5)), Change("Modified", an_object(6))
DELETED = Change("Deleted", an_object(6))
WAITING: dict[str, tuple[Change | None, Change, str]] = {
    "the first": (None, MODIFIED, "Modified"),
    "modified again": (MODIFIED, Change("Modified", an_object(7)), "Modified"),
    "added and modified": (ADDED, MODIFIED, "Added"),
    "added and deleted": (ADDED, DELETED, "Deleted"),
}


@pytest.mark.parametrize(("before", "after", "what"), WAITING.values(), ids=WAITING)
def test_changes_of_one_object_that_wait_are_one(
    before: Change | None, after: Change, what: str
) -> None:
    found = decide.merged(before, after)

    assert (found.change, found.about) == (what, after.about)


def test_what_is_done_with_is_not_found_again() -> None:
    done = Change("Added", an_object(11, created="12:00:03"))

    mark = decide.mark_after(Mark(None, 10, NOON), done, NOON + 3 * SECOND, made=True)

    assert mark == Mark(NOON + 3 * SECOND, 11, NOON)
    assert list(decide.backlog(a_trigger(), mark, [done.about])) == []


def test_what_came_beside_it_is_still_to_be_added() -> None:
    done = Change("Added", an_object(11, created="12:00:03"))
    other = an_object(12, name="b", created="12:00:03")

    mark = decide.mark_after(Mark(None, 10, NOON), done, NOON + 3 * SECOND, made=True)

    assert [one.change for one in decide.backlog(a_trigger(), mark, [other])] == ["Added"]


def test_once_that_has_settled_what_was_added_is_modified_afterwards() -> None:
    there = [an_object(11, created="12:00:03"), an_object(14, name="ignored", labels={})]
    later = an_object(15, created="12:00:03")

    mark = decide.settled(Mark(NOON, 11, NOON), there, [], NOON + 6 * SECOND)

    assert mark == Mark(NOON, 14, NOON + 5 * SECOND)
    assert [one.change for one in decide.backlog(a_trigger(), mark, [later])] == ["Modified"]


def test_it_does_not_settle_beyond_what_waits() -> None:
    there = [an_object(12, name="b", created="12:00:03"), an_object(14, name="c")]
    waiting = [Change("Added", there[0])]

    mark = decide.settled(Mark(NOON, 10, NOON), there, waiting, NOON + 6 * SECOND)

    assert mark == Mark(NOON, 11, NOON + 3 * SECOND)
    assert list(decide.backlog(a_trigger("Added"), mark, there)) == waiting


def test_a_deletion_takes_no_mark_back_and_what_made_no_run_is_no_last_time() -> None:
    before = Mark(NOON, 10, NOON)

    mark = decide.mark_after(before, Change("Deleted", an_object(4)), NOON + SECOND, made=False)

    assert mark == before


def test_what_is_shown_says_the_same_to_the_next_leader() -> None:
    kept = {"a": Mark(NOON, 10, NOON), "b": Mark(None, 0, NOON), "c": Mark()}

    shown = {"triggers": list(entries(kept))}

    assert marks(shown) == {"a": kept["a"], "b": kept["b"]}


# -- which triggers are live


def seen(*, valid: bool = True, enabled: bool = True, **spec: Any) -> Seen:
    resource = {"apiVersion": "v1", "kind": "ConfigMap"}
    trigger = {"name": "maps", "enabled": enabled, "resource": resource}
    workflow = a_workflow(triggers=[{"name": "queue", "queue": {}}, trigger], **spec)
    return read(workflow, valid=valid)


LIVE: dict[str, tuple[Seen, bool]] = {
    "active": (seen(), True),
    "disabled": (seen(enabled=False), False),
    "a draft": (seen(state="Draft"), False),
    "paused": (seen(state="Paused"), False),
    "archived": (seen(state="Archived"), False),
    "suspended": (seen(replicas=0), False),
    "invalid": (seen(valid=False), False),
}


@pytest.mark.parametrize(("given", "is_live"), LIVE.values(), ids=LIVE)
def test_a_trigger_is_live(given: Seen, is_live: bool) -> None:
    assert list(given.live) == (["maps"] if is_live else [])


def test_whose_account_has_to_be_allowed_and_where_the_trigger_is() -> None:
    own = seen(runner={"serviceAccountName": "reader"})

    assert (seen().account, own.account) == ("workflow-daily-etl", "reader")
    assert own.triggers["maps"].place == 1


# -- the run


def a_run(change: str, whole: Manifest, trigger: str = "maps") -> Manifest:
    what = Change(change, whole)  # type: ignore[arg-type]
    return decide.make_run(seen(), trigger, what, whole)


def test_a_run_knows_the_object_and_what_became_of_it() -> None:
    fields = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}}
    whole = an_object(managedFields=[{"manager": "kubectl"}], **fields) | {"data": {"eur": "3"}}

    spec = a_run("Modified", whole)["spec"]

    assert spec["trigger"] == {"type": "Resource", "name": "maps", "source": "ConfigMap/prices"}
    assert spec["inputs"]["change"] == "Modified"
    assert spec["inputs"]["object"] == an_object(annotations={"a": "b"}) | {"data": {"eur": "3"}}
    assert whole["metadata"]["managedFields"], "it is another's"


def test_a_large_object_is_its_metadata() -> None:
    inputs = a_run("Added", an_object() | {"data": {"x": "y" * 70_000}})["spec"]["inputs"]

    assert inputs == {"change": "Added", "object": an_object(), "truncated": True}


def test_large_metadata_is_who_it_is() -> None:
    whole = an_object(annotations={"x": "y" * 70_000})

    inputs = a_run("Added", whole)["spec"]["inputs"]

    assert inputs["object"] == an_object()
    assert inputs["truncated"] is True


# two changes, and whether they are one run
SAME: dict[str, tuple[Manifest, Manifest, bool]] = {
    "the same version": (a_run("Modified", an_object(5)), a_run("Modified", an_object(5)), True),
    "another version": (a_run("Modified", an_object(5)), a_run("Modified", an_object(6)), False),
    "added once": (a_run("Added", an_object(5)), a_run("Added", an_object(6)), True),
    "deleted once": (a_run("Deleted", an_object(5)), a_run("Deleted", an_object(6)), True),
    "added and deleted": (a_run("Added", an_object()), a_run("Deleted", an_object()), False),
    "another object": (a_run("Added", an_object()), a_run("Added", an_object(name="b")), False),
    "another trigger": (a_run("Added", an_object()), a_run("Added", an_object(), "b"), False),
}


@pytest.mark.parametrize(("one", "other", "same"), SAME.values(), ids=SAME)
def test_changes_have_a_run_each(one: Manifest, other: Manifest, same: bool) -> None:
    assert (one["metadata"]["name"] == other["metadata"]["name"]) is same


# the object as it is when its run is to be made, and whether there is one
STILL: dict[str, tuple[Manifest | None, bool]] = {
    "as it was": (an_object(5), True),
    "changed again": (an_object(6), True),
    "gone": (None, False),
    "a namesake": (an_object(6, uid="another"), False),
    "with other labels": (an_object(6, labels={}), False),
}


@pytest.mark.parametrize(("now", "meant"), STILL.values(), ids=STILL)
def test_by_now_it_is(now: Manifest | None, meant: bool) -> None:
    assert decide.is_still_meant(a_trigger(), MODIFIED, now) is meant
