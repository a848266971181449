"""Which runs of a workflow may go at once, for each policy."""

from typing import Any

import pytest

from sluice_core.api.workflow import Concurrency
from sluice_operator.run import concurrency
from sluice_operator.run.concurrency import Begin, Verdict
from sluice_operator.run.observed import Run, read
from sluice_operator.run.reconcile import Wait
from testkit.dispatching import a_manifest


def a_run(name: str, second: int = 0, **spec: Any) -> Run:
    return read(a_manifest(name, created=f"2026-01-31T11:00:{second:02}Z", **spec))


def at_work(name: str, second: int = 0, **spec: Any) -> Run:
    run = a_run(name, second, **spec)
    run.pod = "pod-1"
    return run


def a_rule(policy: str = "Allow", **fields: Any) -> Concurrency:
    return Concurrency.model_validate({"policy": policy, **fields})


ADA, BOB = {"customer": "Ada"}, {"customer": "Bob"}

CASES: dict[str, tuple[Concurrency, list[Run], list[Run], dict[str, str], dict[str, str]]] = {
    "Allow: all go": (a_rule(), [at_work("a")], [a_run("b"), a_run("c")], {}, {}),
    "Allow with a limit: one above it waits": (
        a_rule(limit=2), [at_work("a")], [a_run("b", 1), a_run("c", 2)], {"c": "Queued"}, {},
    ),
    "Forbid: one beside a run at work is refused": (
        a_rule("Forbid"), [at_work("a")], [a_run("b")], {"b": "ConcurrencyForbidden"}, {},
    ),
    "Forbid: nothing at work: it goes": (a_rule("Forbid"), [], [a_run("b")], {}, {}),
    "Forbid: of two that come at once the older one goes": (
        a_rule("Forbid"), [], [a_run("a", 5), a_run("b", 4)], {"a": "ConcurrencyForbidden"}, {},
    ),
    "Forbid with a limit: refused from there on": (
        a_rule("Forbid", limit=2), [at_work("a")], [a_run("b", 1), a_run("c", 2)],
        {"c": "ConcurrencyForbidden"}, {},
    ),
    "Queue: waits for the one at work": (
        a_rule("Queue"), [at_work("a")], [a_run("b", 1), a_run("c", 2)],
        {"b": "Queued", "c": "Queued"}, {},
    ),
    "Queue: priority goes before age": (
        a_rule("Queue"), [], [a_run("old", 1), a_run("urgent", 2, priority=1)],
        {"old": "Queued"}, {},
    ),
    "Replace: the one at work is stopped, the new one waits for that": (
        a_rule("Replace"), [at_work("a")], [a_run("b", 1)], {"b": "Replacing"}, {"a": "b"},
    ),
    "Replace: the one at work is stopping already": (
        a_rule("Replace"), [at_work("a", cancel=True)], [a_run("b", 1)], {"b": "Replacing"}, {},
    ),
    "Replace: of many that come the newest stays": (
        a_rule("Replace"), [at_work("a")], [a_run("b", 1), a_run("c", 2)],
        {"b": "Replaced", "c": "Replacing"}, {"a": "c"},
    ),
    "Replace with a limit: only the oldest is stopped": (
        a_rule("Replace", limit=2), [at_work("a", 1), at_work("b", 2)], [a_run("c", 3)],
        {"c": "Replacing"}, {"a": "c"},
    ),
    "Replace: what has begun is older than what has not": (
        a_rule("Replace"), [at_work("a", 9)], [a_run("b", 1)], {"b": "Replacing"}, {"a": "b"},
    ),
    "by key: others do not count": (
        a_rule("Forbid", key="inputs.customer"), [at_work("a", inputs=ADA)],
        [a_run("b", inputs=BOB), a_run("c", inputs=ADA)], {"c": "ConcurrencyForbidden"}, {},
    ),
    "by key: runs without one count together": (
        a_rule("Forbid", key="inputs.customer"), [at_work("a")], [a_run("b", inputs={"x": 1})],
        {"b": "ConcurrencyForbidden"}, {},
    ),
    "by key: a number is not a text": (
        a_rule("Forbid", key="inputs.id"), [at_work("a", inputs={"id": 1})],
        [a_run("b", inputs={"id": "1"})], {}, {},
    ),
    "interval: one too soon after another is refused": (
        a_rule(minIntervalSeconds=10), [at_work("a", 1)], [a_run("b", 10)],
        {"b": "RateLimited"}, {},
    ),
    "interval: one just late enough goes": (
        a_rule(minIntervalSeconds=10), [at_work("a", 1)], [a_run("b", 11)], {}, {},
    ),
    "interval: one that is refused does not push the next one away": (
        a_rule(minIntervalSeconds=10), [at_work("a", 1)], [a_run("b", 10), a_run("c", 12)],
        {"b": "RateLimited"}, {},
    ),
    "interval: within one second, in the order in which they were let through": (
        a_rule(minIntervalSeconds=10), [at_work("z", 1)], [a_run("a", 1)],
        {"a": "RateLimited"}, {},
    ),
    "interval: counted by key": (
        a_rule(minIntervalSeconds=10, key="inputs.customer"), [at_work("a", 1, inputs=ADA)],
        [a_run("b", 2, inputs=BOB)], {}, {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "placed", "new", "held", "replaced"), CASES.values(), ids=CASES)
def test_judge(
    rule: Concurrency,
    placed: list[Run],
    new: list[Run],
    held: dict[str, str],
    replaced: dict[str, str],
) -> None:
    verdict = concurrency.judge(placed, new, rule, {})

    assert {uid: decision.reason for uid, decision in verdict.held.items()} == held
    assert verdict.replaced == replaced


def test_what_is_refused_names_the_run_in_the_way() -> None:
    forbidden = concurrency.judge([at_work("first")], [a_run("b", 5)], a_rule("Forbid"), {})
    last = {"null": Begin("2026-01-31T11:00:02Z", "first")}
    limited = concurrency.judge([], [a_run("b", 5)], a_rule(minIntervalSeconds=60), last)

    assert "run first goes on" in forbidden.held["b"].message
    assert "run first was 3 s earlier" in limited.held["b"].message


LINES = {
    "the next one": (0, "runs before it: 0"),
    "the last that is told exactly": (10, "runs before it: 10"),
    "after that in rough numbers": (11, "runs before it: more than 10"),
    "and rougher": (150, "runs before it: more than 100"),
}


@pytest.mark.parametrize(("place", "said"), LINES.values(), ids=LINES)
def test_a_queue_tells_how_many_are_before(place: int, said: str) -> None:
    waiting = [a_run(f"run-{number:03}") for number in range(200)]

    verdict = concurrency.judge([at_work("a")], waiting, a_rule("Queue"), {})

    decision = verdict.held[f"run-{place:03}"]
    assert isinstance(decision, Wait)
    assert decision.message.endswith(said)


def test_without_a_rule_runs_need_not_know_of_each_other() -> None:
    assert concurrency.is_free(a_rule())
    assert not concurrency.is_free(a_rule("Queue"))
    assert not concurrency.is_free(a_rule(minIntervalSeconds=1))
    assert concurrency.judge([], [], a_rule("Queue"), {}) == Verdict({}, {})


# -- runs of a schedule

NIGHTLY = {"trigger": {"type": "Schedule", "name": "nightly"}}
HOURLY = {"trigger": {"type": "Schedule", "name": "hourly"}}
BY_HAND = {"trigger": {"type": "Manual", "name": "nightly"}}

SCHEDULED: dict[str, tuple[Any, list[Run], list[Run], dict[str, str], dict[str, str]]] = {
    "Forbid: one beside an earlier one of the trigger is refused": (
        "Forbid", [at_work("a", **NIGHTLY)], [a_run("b", **NIGHTLY)],
        {"b": "ConcurrencyForbidden"}, {},
    ),
    "Forbid: runs of others are not in its way": (
        "Forbid", [at_work("a", **HOURLY), at_work("h", **BY_HAND)], [a_run("b", **NIGHTLY)],
        {}, {},
    ),
    "Forbid: it is not in the way of others": (
        "Forbid", [at_work("a", **NIGHTLY)], [a_run("b", **HOURLY), a_run("h", **BY_HAND)], {}, {},
    ),
    "Queue: it waits": (
        "Queue", [at_work("a", **NIGHTLY)], [a_run("b", **NIGHTLY)], {"b": "Queued"}, {},
    ),
    "Replace: the earlier one is stopped": (
        "Replace", [at_work("a", **NIGHTLY)], [a_run("b", 1, **NIGHTLY)],
        {"b": "Replacing"}, {"a": "b"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "placed", "new", "held", "replaced"), SCHEDULED.values(), ids=SCHEDULED
)
def test_each_policy_of_a_schedule(
    policy: Any,
    placed: list[Run],
    new: list[Run],
    held: dict[str, str],
    replaced: dict[str, str],
) -> None:
    verdict = concurrency.by_schedule(placed, new, {"nightly": policy})

    assert {uid: one.reason for uid, one in verdict.held.items()} == held
    assert dict(verdict.replaced) == replaced


def test_who_is_refused_by_a_schedule_is_told_which() -> None:
    placed, new = [at_work("a", **NIGHTLY)], [a_run("b", **NIGHTLY)]

    verdict = concurrency.by_schedule(placed, new, {"nightly": "Forbid"})

    told = "run a goes on; concurrencyPolicy of the schedule nightly is Forbid"
    assert verdict.held["b"].message == told
