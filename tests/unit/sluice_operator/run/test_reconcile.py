"""What is next for a run that waits, and which runner takes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core.mounts import Mount
from sluice_operator.run.observed import Flow, Run, read
from sluice_operator.run.reconcile import (
    End,
    Room,
    Send,
    Wait,
    assign,
    lost,
    reconcile,
    why_waiting,
)
from testkit.dispatching import NOON, a_flow, a_manifest, a_version


def a_run(uid: str = "run-1", *, memory: dict[str, Any] | None = None, **spec: Any) -> Run:
    run = read(a_manifest(uid, **spec))
    for field, value in (memory or {}).items():
        setattr(run, field, value)
    return run


RETRIED: dict[str, Any] = {"memory": {"attempt": 2}}
SEND = (Send, "", "")

CASES: dict[str, tuple[Run, Flow | None, tuple[type, str, str]]] = {
    "a new run of an active workflow goes": (a_run(), a_flow(), SEND),
    "a workflow that is not seen yet: it waits": (a_run(), None, (Wait, "", "WorkflowNotFound")),
    "a draft": (a_run(), a_flow(state="Draft"), (End, "Failed", "Draft")),
    "paused": (a_run(), a_flow(state="Paused"), (End, "Failed", "Paused")),
    "archived": (a_run(), a_flow(state="Archived"), (End, "Failed", "Archived")),
    "at zero": (a_run(), a_flow(replicas=0), (End, "Failed", "Suspended")),
    "wrong": (a_run(), a_flow(invalid="a cycle"), (End, "Failed", "Invalid")),
    "no steps": (a_run(), a_flow(current=a_version(steps=0)), (End, "Failed", "Invalid")),
    "no version yet: it waits": (a_run(), a_flow(current=None), (Wait, "", "Pending")),
    "its version is not read yet: it waits": (a_run(revision=2), a_flow(), (Wait, "", "Pending")),
    "its version is read: it goes": (
        a_run(revision=2, memory={"pinned": a_version(2)}), a_flow(current=None), SEND,
    ),
    "begun before it was paused: it goes on": (a_run(**RETRIED), a_flow(state="Paused"), SEND),
    "begun before it was scaled to zero: it goes on": (a_run(**RETRIED), a_flow(replicas=0), SEND),
    "cancelled": (a_run(cancel=True), a_flow(), (End, "Cancelled", "Cancelled")),
    "cancelled, and the workflow is gone": (
        a_run(cancel=True), None, (End, "Cancelled", "Cancelled"),
    ),
    "a runner may hold it: nothing is decided": (
        a_run(cancel=True, memory={"blocked_by": {"p"}}), a_flow(), (Wait, "", "Adopting"),
    ),
    "an empty definition of its own": (
        a_run(definition={"steps": []}), a_flow(), (End, "Failed", "Invalid"),
    ),
    "what it resumes is not read yet: it waits": (
        a_run(resumeFrom="other"), a_flow(), (Wait, "", "Pending"),
    ),
    "what it resumes is not there": (
        a_run(resumeFrom="other", memory={"prepared": True}), a_flow(),
        (End, "Failed", "ResumeRefused"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "flow", "wanted"), CASES.values(), ids=CASES)
def test_reconcile(run: Run, flow: Flow | None, wanted: tuple[type, str, str]) -> None:
    decision = reconcile(run, flow, NOON)

    said = getattr(decision, "phase", ""), getattr(decision, "reason", "")
    assert (type(decision), *said) == wanted


LOSSES: dict[str, tuple[int, int | None, bool]] = {
    "the first of none permitted": (1, 0, True),
    "as many as permitted": (3, 3, False),
    "one more": (4, 3, True),
    "the version is not known: five are permitted": (5, None, False),
    "the version is not known: six are not": (6, None, True),
}


@pytest.mark.parametrize(("losses", "limit", "over"), LOSSES.values(), ids=LOSSES)
def test_lost(losses: int, limit: int | None, over: bool) -> None:
    pinned = None if limit is None else a_version(loss_limit=limit)

    end = lost(a_run(memory={"losses": losses, "pinned": pinned}), None)

    assert (end is not None) is over


WHY: dict[str, tuple[Flow | None, bool, str]] = {
    "no runner": (a_flow(), False, "WaitingForRunner"),
    "runners without a slot": (a_flow(), True, "Queued"),
    "a runner that fails, in its words": (a_flow(failure="OOM"), False, "RunnerFailed"),
    "no workflow": (None, False, "WaitingForRunner"),
}


@pytest.mark.parametrize(("flow", "has_rooms", "reason"), WHY.values(), ids=WHY)
def test_why_waiting(flow: Flow | None, has_rooms: bool, reason: str) -> None:
    rooms = [Room("p", 0)] if has_rooms else []

    assert why_waiting(flow, (), rooms).reason == reason


TOKEN = Mount(type="HttpBearer", secret="api")


def test_a_run_that_waits_says_what_is_wrong_with_credentials_that_it_needs() -> None:
    flow = a_flow(lacking="Secret api has no key token", mounted={"api": TOKEN})
    rooms = [Room("p", 0, {"api": TOKEN})]

    needing, other = why_waiting(flow, ["api"], rooms), why_waiting(flow, [], rooms)

    assert (needing.reason, other.reason) == ("CredentialMissing", "Queued")
    assert needing.message == (
        "Secret api has no key token; the run waits because "
        "every slot of the workflow's runners is taken"
    )


def test_a_run_waits_for_a_runner_with_what_it_needs_though_others_have_room() -> None:
    flow = a_flow(mounted={"api": TOKEN})

    why = why_waiting(flow, ["api"], [Room("old", 5)])

    assert why.reason == "WaitingForRunner"
    assert "as they are now: api" in why.message


def test_each_run_goes_to_a_runner_that_fits_it() -> None:
    runs = [a_run("plain"), a_run("needing")]
    rooms = [Room("old", 2), Room("new", 1, {"api": TOKEN})]

    given_away = assign(runs, rooms, lambda run, room: run.uid == "plain" or bool(room.mounted))

    assert {run.uid: pod for run, pod in given_away} == {"plain": "old", "needing": "new"}


def test_higher_priority_then_age_then_name() -> None:
    runs = [
        a_run("young", created="2026-01-31T11:00:05Z"),
        a_run("b", created="2026-01-31T11:00:01Z"),
        a_run("a", created="2026-01-31T11:00:01Z"),
        a_run("urgent", created="2026-01-31T11:00:09Z", priority=1),
    ]

    given_away = assign(runs, [Room("p", 3)])

    assert [run.uid for run, _ in given_away] == ["urgent", "a", "b"]


def test_the_emptiest_pod_takes_the_next_run() -> None:
    runs = [a_run(str(number)) for number in range(5)]

    given_away = assign(runs, [Room("p", 1), Room("q", 3), Room("full", 0)])

    assert sorted(pod for _, pod in given_away) == ["p", "q", "q", "q"]
    assert given_away[0][1] == "q"


ROOMS = st.dictionaries(st.sampled_from("pqrst"), st.integers(0, 5))
PRIORITIES = st.lists(st.integers(-2, 2), max_size=25)


@given(PRIORITIES, ROOMS)
def test_never_more_than_there_is_room_for_and_no_room_is_left_unused(
    priorities: list[int], rooms: dict[str, int]
) -> None:
    runs = [a_run(str(number), priority=one) for number, one in enumerate(priorities)]

    given_away = assign(runs, [Room(pod, free) for pod, free in rooms.items()])

    taken = [pod for _, pod in given_away]
    sent = [run.uid for run, _ in given_away]
    assert all(taken.count(pod) <= free for pod, free in rooms.items())
    assert len(sent) == len(set(sent)) == min(len(runs), sum(rooms.values()))
    left = [run.order for run in runs if run.uid not in sent]
    assert all(run.order < other for run, _ in given_away for other in left)
