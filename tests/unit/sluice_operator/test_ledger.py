"""What is stored of runs at a workflow: seldom, and with every run counted once over restarts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluice_core import record
from sluice_core.api.workflow_status import Health
from sluice_core.health import totals
from sluice_kube.resources import Key
from sluice_operator.ledger import EVERY, GATHERS, Ledger
from sluice_operator.resource.observed import Mark
from sluice_operator.schedule.observed import Times

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEY, UID = Key("shop", "etl"), "workflow"
CREATED = NOON - timedelta(days=1)
SECOND = timedelta(seconds=1)


def ended(at: datetime, phase: str = "Succeeded") -> dict[str, Any]:
    return {"phase": phase, "completionTime": record.rfc3339(round(at.timestamp() * 1000))}


class Cluster:
    """What outlives leaders: the clock, ended runs, and the status of the workflow."""

    def __init__(self) -> None:
        self.now = NOON
        self.runs: dict[str, dict[str, Any]] = {}
        self.status: dict[str, Any] = {}
        self.writes = 0
        self.wakes: list[datetime | None] = []

    def lead(self, *, complete: bool = True) -> Ledger:
        ledger = Ledger(lambda _key, when: self.wakes.append(when), lambda: self.now)
        ledger.open(KEY, UID, CREATED, self.status)
        if complete:
            self.find(ledger)
        return ledger

    def find(self, ledger: Ledger) -> None:
        for uid, made in self.runs.items():
            ledger.found(KEY, uid, made)
        ledger.complete()

    def end(self, ledger: Ledger, uid: str, made: dict[str, Any]) -> None:
        ledger.ending(KEY, uid, made)
        self.runs[uid] = made
        ledger.ended(KEY, uid, made)

    def look(self, ledger: Ledger) -> None:
        """As the room does: write what is shown if it differs."""
        shown = ledger.shown(KEY) or {}
        if shown != self.status:
            self.status, self.writes = shown, self.writes + 1
        ledger.stored(KEY, UID, shown)

    def sweep(self, ledger: Ledger) -> None:
        """Retention without mercy."""
        for uid, made in list(self.runs.items()):
            at = datetime.fromisoformat(made["completionTime"])
            if not ledger.needs(KEY, uid, at, None):
                del self.runs[uid]

    @property
    def counted(self) -> int:
        health = Health.model_validate(self.status.get("health", {}))
        return totals(health, self.now).month.total


def test_a_run_is_counted_once_it_has_settled() -> None:
    cluster = Cluster()
    ledger = cluster.lead()
    cluster.end(ledger, "a", ended(NOON))

    cluster.look(ledger)
    before = cluster.counted
    cluster.now += GATHERS + SECOND
    cluster.look(ledger)

    assert (before, cluster.counted) == (0, 1)


def test_many_runs_cost_one_write_a_minute() -> None:
    cluster = Cluster()
    ledger = cluster.lead()
    for number in range(300):
        cluster.now += SECOND
        cluster.end(ledger, f"run-{number}", ended(cluster.now))
        cluster.look(ledger)

    cluster.now += EVERY + GATHERS
    cluster.look(ledger)

    assert cluster.counted == 300
    assert cluster.writes <= 7


def test_it_is_woken_when_it_is_time_to_store() -> None:
    cluster = Cluster()
    cluster.end(cluster.lead(), "a", ended(NOON))

    [when] = cluster.wakes

    assert when is not None
    assert NOON + GATHERS <= when <= NOON + GATHERS + SECOND


def test_what_is_not_stored_is_needed_and_what_is_stored_is_not() -> None:
    cluster = Cluster()
    ledger = cluster.lead()
    cluster.end(ledger, "a", ended(NOON))

    before = ledger.needs(KEY, "a", NOON, None)
    cluster.now += GATHERS + SECOND
    shown = ledger.shown(KEY) or {}
    between = ledger.needs(KEY, "a", NOON, None)
    ledger.stored(KEY, UID, shown)

    assert (before, between, ledger.needs(KEY, "a", NOON, None)) == (True, True, False)


def test_a_run_of_a_schedule_is_needed_until_its_time_is_stored_as_done() -> None:
    cluster = Cluster()
    ledger = cluster.lead()
    hourly = {"t": Times(None, NOON)}
    ledger.keep(KEY, hourly, fires=True, soon=True)
    cluster.look(ledger)
    ledger.keep(KEY, {"t": Times(NOON, NOON + EVERY)}, fires=True, soon=False)

    before = ledger.needs(KEY, "a", NOON - SECOND, ("t", NOON))
    cluster.now += EVERY
    cluster.look(ledger)

    assert (before, ledger.needs(KEY, "a", NOON - SECOND, ("t", NOON))) == (True, False)


def test_nothing_is_counted_before_all_that_had_ended_are_found() -> None:
    cluster = Cluster()
    cluster.end(cluster.lead(), "a", ended(NOON))
    cluster.now += EVERY
    second = cluster.lead(complete=False)
    cluster.end(second, "b", ended(cluster.now))
    cluster.now += EVERY

    cluster.look(second)
    before = cluster.writes
    cluster.find(second)
    cluster.now += EVERY
    cluster.look(second)

    assert (before, cluster.counted) == (0, 2)


def test_an_end_on_its_way_holds_back_what_ended_after_it() -> None:
    cluster = Cluster()
    ledger = cluster.lead()
    late = ended(NOON)
    ledger.ending(KEY, "late", late)
    cluster.end(ledger, "quick", ended(NOON))
    cluster.now += EVERY
    cluster.look(ledger)
    before = cluster.counted
    cluster.runs["late"] = late

    cluster.now += EVERY
    second = cluster.lead()
    cluster.now += EVERY
    cluster.look(second)

    assert (before, cluster.counted) == (0, 2)


def test_an_end_that_is_heard_of_late_is_counted_also_by_the_next_leader() -> None:
    cluster = Cluster()
    first = cluster.lead()
    cluster.end(first, "a", ended(NOON))
    cluster.now += EVERY
    cluster.look(first)

    cluster.end(first, "late", ended(NOON + SECOND))
    second = cluster.lead()
    cluster.now += EVERY
    cluster.look(second)

    assert cluster.counted == 2


def test_runs_of_a_namesake_before_do_not_count() -> None:
    cluster = Cluster()
    cluster.runs["a"] = ended(CREATED - SECOND)
    ledger = cluster.lead()

    cluster.now += EVERY
    cluster.look(ledger)

    assert (cluster.counted, cluster.writes) == (0, 0)


def test_a_restart_with_nothing_new_writes_nothing() -> None:
    cluster = Cluster()
    first = cluster.lead()
    cluster.end(first, "a", ended(NOON))
    cluster.now += EVERY
    cluster.look(first)
    before, cluster.wakes = cluster.writes, []

    second = cluster.lead()
    cluster.now += EVERY
    cluster.look(second)

    assert (cluster.writes, cluster.wakes) == (before, [])


class Story:
    """Leaders come and go; runs end, some of them at the same time, and are stored now or later."""

    def __init__(self) -> None:
        self.cluster, self.last = Cluster(), NOON
        self.ledger = self.cluster.lead()
        self.stored: set[str] = set()
        self.on_the_way: dict[str, dict[str, Any]] = {}
        self.number = 0

    def happens(self, what: str) -> None:
        self.number += 1
        getattr(self, what)(str(self.number))

    def end(self, uid: str) -> None:
        self.last = self.cluster.now
        self.same(uid)

    def same(self, uid: str) -> None:
        """At the very time of another, however long ago: it is heard of late."""
        self.cluster.end(self.ledger, uid, ended(self.last))
        self.stored.add(uid)

    def begin(self, uid: str) -> None:
        self.on_the_way[uid] = ended(self.cluster.now)
        self.ledger.ending(KEY, uid, self.on_the_way[uid])

    def store(self, _: str) -> None:
        for uid, made in self.on_the_way.items():
            self.cluster.runs[uid] = made
            self.ledger.ended(KEY, uid, made)
        self.stored |= self.on_the_way.keys()
        self.on_the_way.clear()

    def look(self, _: str) -> None:
        self.cluster.look(self.ledger)

    def sweep(self, _: str) -> None:
        self.cluster.sweep(self.ledger)

    def restart(self, _: str) -> None:
        """What was on its way is decided anew by the next leader, later."""
        self.on_the_way.clear()
        self.ledger = self.cluster.lead()


EVENTS = ("end", "same", "begin", "store", "look", "sweep", "restart")
EVENT = st.tuples(st.sampled_from(EVENTS), st.integers(0, 45))


@given(st.lists(EVENT, max_size=40))
def test_over_any_restarts_and_retention_each_run_is_counted_once(
    events: list[tuple[str, int]],
) -> None:
    story = Story()
    for what, seconds in events:
        story.cluster.now += timedelta(seconds=seconds)
        story.happens(what)

    for what in ("store", "look", "look"):
        story.cluster.now += EVERY + GATHERS
        story.happens(what)

    assert story.cluster.counted == len(story.stored)


def test_marks_and_times_are_told_together_and_found_again() -> None:
    cluster = Cluster()
    ledger = cluster.lead()
    mark = Mark(NOON, 10, NOON)
    ledger.keep_marks(KEY, {"maps": mark, "off": Mark(last=NOON)})
    ledger.keep(KEY, {"t": Times(None, NOON)}, fires=True, soon=True)

    cluster.look(ledger)
    following = cluster.lead()
    cluster.look(following)

    assert [one["name"] for one in cluster.status["triggers"]] == ["t", "maps", "off"]
    assert following.marks(KEY)["maps"] == mark
    assert following.marks(KEY)["off"] == Mark(last=NOON)
    assert cluster.writes == 1


def test_a_mark_is_stored_at_most_once_a_minute() -> None:
    cluster = Cluster()
    ledger = cluster.lead()

    for number in range(120):
        cluster.now += SECOND
        ledger.keep_marks(KEY, {"maps": Mark(cluster.now, number, NOON)})
        cluster.look(ledger)

    assert cluster.writes == 2
    assert cluster.status["triggers"][0]["watermark"]
