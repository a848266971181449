"""What the journal keeps, and for how long."""

import pytest

from sluice_core import wire
from sluice_runner.server import journal as module
from sluice_runner.server.journal import Journal, Record

NOW = 1_700_000_000_000


@pytest.fixture
def journal() -> Journal:
    return Journal(1000, lambda: NOW)


def events(journal: Journal, after: int = 0) -> list[wire.Event]:
    return [wire.Event.model_validate_json(line) for _, line in journal.since(after)]


def step(output: object = None, **fields: object) -> wire.StepFinished:
    defaults = {"step": "s", "phase": "Succeeded", "started": NOW, "duration_ms": 1.5}
    return wire.StepFinished.model_validate({**defaults, "output": output, **fields})


HAPPENINGS: dict[str, wire.Happening] = {
    "accepted": wire.Accepted(),
    "a step begins": wire.StepStarted(step="s"),
    "a step ends": step({"a": None, "ü": [1, 2.5, "\n"]}, port="true", result={"bytes": 3}),
    "a step fails": step(
        phase="Failed", error=wire.StepError(failure="Timeout", reason="Timeout", message="60 s")
    ),
    "a log line": wire.Log(step="s", level="error", message='"quoted"\nand more'),
    "an entity is through": wire.EntityFinished(entity="order-1", phase="Succeeded"),
    "progress": wire.Progress(total=3, completed=1, failed=1),
    "a request": wire.Request(request="r", step="s", kind="Job", body={"image": "x"}),
    "the end": wire.Finished(phase="Succeeded", reason="Succeeded", output=[1]),
    "an interruption": wire.Interrupted(reason="Draining"),
}


@pytest.mark.parametrize("what", HAPPENINGS.values(), ids=HAPPENINGS)
def test_a_line_is_an_event_of_the_contract(journal: Journal, what: wire.Happening) -> None:
    journal.append(Record('uid-"1"', 3), what)

    expected = wire.Event(id=1001, seq=1, uid='uid-"1"', attempt=3, time=NOW, what=what)
    assert events(journal) == [expected]


def test_numbers_that_json_has_not_become_null(journal: Journal) -> None:
    journal.append(Record("a", 1), step(float("nan")))

    [event] = events(journal)
    assert event.what == step(None)


def test_text_that_no_encoding_has_costs_a_character_and_not_the_run(journal: Journal) -> None:
    record = Record("a", 1)
    half = "a\ud800b"

    journal.append(record, wire.Log(step="s", message=half))
    journal.append(record, step({half: [half, 1.5, None, float("inf")]}))

    said = [event.what for event in events(journal)]
    assert said == [wire.Log(step="s", message="a?b"), step({"a?b": ["a?b", 1.5, None, None]})]


def test_later_progress_replaces_earlier(journal: Journal) -> None:
    record = Record("a", 1)

    for completed in range(1000):
        journal.append(record, wire.Progress(total=1000, completed=completed, failed=0))

    [event] = events(journal)
    assert (event.seq, event.what) == (1000, wire.Progress(total=1000, completed=999, failed=0))


def test_progress_after_an_acknowledgement_of_earlier_progress(journal: Journal) -> None:
    record = Record("a", 1)
    journal.append(record, wire.Progress(total=2, completed=1, failed=0))
    journal.acknowledge(record, through=1)

    journal.append(record, wire.Progress(total=2, completed=2, failed=0))

    assert [event.seq for event in events(journal)] == [2]


def test_logs_are_a_ring_and_transitions_are_not(journal: Journal) -> None:
    record = Record("a", 1)
    journal.append(record, wire.Accepted())

    for number in range(2000):
        journal.append(record, wire.Log(step="s", message=f"{number} " + "x" * 500))

    kept = events(journal)
    assert kept[0].what == wire.Accepted()
    assert kept[-1].seq == 2001
    assert 0 < sum(len(line) for _, line in journal.since(1001)) <= module.LOG_BYTES
    assert journal.dropped_logs == 2001 - len(kept)


def test_a_line_larger_than_the_ring_is_dropped_and_nothing_breaks(journal: Journal) -> None:
    record = Record("a", 1)

    journal.append(record, wire.Log(step="s", message="x" * (module.LOG_BYTES + 1)))
    journal.append(record, wire.Log(step="s", message="short"))

    [event] = events(journal)
    assert event.what == wire.Log(step="s", message="short")


def test_past_its_bound_a_run_keeps_what_happened_but_not_the_data(journal: Journal) -> None:
    record = Record("a", 1)
    half = "x" * 2**18

    for _ in range(40):
        journal.append(record, step(half, rendered_output=half))
    end = wire.Finished(phase="Succeeded", reason="Succeeded", output=2 * half)
    journal.append(record, end)

    kept = [event.what for event in events(journal)]
    assert len(kept) == 41
    assert journal.size < module.RUN_BYTES + 2**20
    assert kept[0] == step(half, rendered_output=half)
    assert kept[-2] == step(None, truncated=True)
    assert kept[-1] == wire.Finished(phase="Succeeded", reason="Succeeded", truncated=True)


def test_an_event_longer_than_a_line_may_be_loses_its_data(journal: Journal) -> None:
    journal.append(Record("a", 1), step("x" * wire.EVENT_BYTES))

    [event] = events(journal)
    assert event.what == step(None, truncated=True)


def test_a_long_error_is_shortened_past_the_bound(journal: Journal) -> None:
    record = Record("a", 1, size=module.RUN_BYTES)
    error = wire.StepError(reason="Failed", message="y" * 10_000)

    journal.append(record, step(phase="Failed", error=error))

    [event] = events(journal)
    assert isinstance(event.what, wire.StepFinished)
    assert event.what.error is not None
    assert event.what.error.message == "y" * 1024


def test_many_failed_entities_are_bounded_by_their_number(journal: Journal) -> None:
    record = Record("a", 1, size=module.RUN_BYTES)
    error = wire.StepError(reason="Failed", message="y" * 10_000)

    for number in range(100):
        failed = wire.EntityFinished(entity=f"order-{number}", phase="Failed", error=error)
        journal.append(record, failed)

    assert len(events(journal)) == 100
    assert journal.size < 100 * 1400


def test_it_is_full_when_nobody_acknowledges(journal: Journal) -> None:
    half = "x" * 2**19
    records = [Record(str(number), 1) for number in range(10)]

    for record in records:
        for _ in range(14):
            journal.append(record, step(half))
    full = journal.full
    journal.drop(records[0])

    assert full
    assert not journal.full


def test_an_attempt_that_ended_is_done_when_its_end_is_acknowledged(journal: Journal) -> None:
    record = Record("a", 1)
    journal.append(record, wire.Accepted())
    journal.append(record, wire.Log(step="s", message="m"))
    journal.append(record, wire.Finished(phase="Succeeded", reason="Succeeded"))

    done = [journal.acknowledge(record, through) for through in (1, 2, 3)]

    assert done == [False, False, True]


ASKED = wire.Request(request="1", step="s", kind="ChildRun")


def test_a_request_outlives_its_acknowledgement_until_it_is_settled(journal: Journal) -> None:
    record = Record("a", 1)
    journal.append(record, wire.Accepted())
    journal.append(record, ASKED)

    journal.acknowledge(record, through=2)
    kept = [event.what for event in events(journal)]
    journal.settle(record, "1")

    assert kept == [ASKED]
    assert events(journal) == []
    assert journal.size == 0


def test_after_the_end_no_request_holds_the_attempt_up(journal: Journal) -> None:
    record = Record("a", 1)
    journal.append(record, ASKED)
    journal.append(record, wire.Finished(phase="Cancelled", reason="Cancelled"))

    over = journal.acknowledge(record, through=2)
    journal.settle(record, "1")

    assert over
    assert len(journal) == 0


def test_logs_of_past_runs_are_bounded(journal: Journal) -> None:
    quarter = "x" * (module.LOG_BYTES - 1000)
    uids = [str(number) for number in range(70)]
    for uid in uids:
        record = Record(uid, 1)
        journal.append(record, wire.Log(step="s", message=quarter))
        journal.append(record, wire.Interrupted(reason="Draining"))
        journal.drop(record)

    kept = [uid for uid in uids if list(journal.logs(uid, None))]

    assert kept == uids[-len(kept) :]
    assert len(kept) == module.PAST_LOG_BYTES // (len(quarter) + 120)


def test_nothing_is_told_after_the_end(journal: Journal) -> None:
    record = Record("a", 1)
    journal.append(record, wire.Finished(phase="Succeeded", reason="Succeeded"))

    journal.append(record, wire.StepStarted(step="late"))

    assert [event.what.type for event in events(journal)] == ["finished"]
