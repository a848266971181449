from datetime import UTC, datetime

import pytest

from sluice_core import record, wire
from sluice_core.api.run_status import RunStatus
from sluice_core.record import Record
from sluice_core.wire import EntityFinished, FinishedEntity, StepError, StepFinished

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ERROR = StepError(reason="Bad", message="bad")


def seen(*happenings: wire.Happening) -> Record:
    made = Record()
    for number, what in enumerate(happenings, 1):
        made.add(wire.Event(id=number, seq=number, uid="u", attempt=1, time=1000, what=what))
    return made


def ended(phase: wire.StepPhase, port: str | None = None) -> StepFinished:
    return StepFinished(step="a", phase=phase, port=port, started=1000, duration_ms=1)


KEPT = {
    "a success": (ended("Succeeded", "output"), ["a"]),
    "a skipped step": (ended("Skipped"), ["a"]),
    "a failure after which the graph went on": (ended("Failed", "error"), ["a"]),
    "a failure that ended the run": (ended("Failed"), []),
    "a cancelled step": (ended("Cancelled"), []),
    "a step that has only begun": (wire.StepStarted(step="a"), []),
}


@pytest.mark.parametrize(("what", "names"), KEPT.values(), ids=KEPT)
def test_what_a_further_attempt_does_not_repeat(what: wire.Happening, names: list[str]) -> None:
    assert [step.name for step in seen(what).finished()] == names


def test_what_an_earlier_process_has_shown_stays_finished_and_shown() -> None:
    before = seen(wire.Accepted(), ended("Succeeded", "output"))
    shown = record.status(before, total=2, now=NOON)

    after = Record(shown)

    assert after.finished() == before.finished()
    assert after.steps() == before.steps()
    assert record.status(after, total=2, now=NOON)["startTime"] == shown["startTime"]
    assert after.counts(2) == before.counts(2)


def test_entities_that_are_through_are_remembered_with_how_they_ended() -> None:
    made = seen(
        EntityFinished(entity="o-1", phase="Succeeded"),
        EntityFinished(entity="o-2", phase="Failed", error=ERROR),
    )

    assert made.finished_entities(["o-1", "o-2"]) == (
        FinishedEntity(entity="o-1", phase="Succeeded"),
        FinishedEntity(entity="o-2", phase="Failed", error=ERROR),
    )


def test_the_same_events_give_the_same_steps() -> None:
    events = (wire.Accepted(), wire.StepStarted(step="a"), ended("Succeeded", "output"))

    assert seen(*events).steps() == seen(*events).steps()


def test_entities_that_ended_well_are_known_to_whoever_reads_the_status() -> None:
    entities = ["o-1", "o-2", "o-1", "o-3"]
    before = seen(
        wire.Accepted(),
        EntityFinished(entity="o-3", phase="Succeeded"),
        EntityFinished(entity="o-2", phase="Failed", error=ERROR),
    )
    shown = record.status(before, total=2, now=NOON, entities=entities)

    after = Record(shown)

    through = FinishedEntity(entity="o-3", phase="Succeeded")
    assert after.finished_entities(entities) == (through,)
    assert record.status(after, total=2, now=NOON, entities=entities)["completedEntities"] == "BA=="
    other = Record()
    other.reuse(shown, entities)
    assert other.finished_entities(entities) == (through,)


def test_after_a_failure_entities_that_failed_are_done_again() -> None:
    made = seen(
        EntityFinished(entity="o-1", phase="Succeeded"),
        EntityFinished(entity="o-2", phase="Failed", error=ERROR),
    )

    made.fail_attempt()

    assert [one.entity for one in made.finished_entities(["o-1", "o-2"])] == ["o-1"]


def test_ten_thousand_entities_have_room_in_a_status() -> None:
    entities = [f"entity-{number}" for number in range(10_000)]
    made = seen(*(EntityFinished(entity=name, phase="Succeeded") for name in entities[::2]))

    shown = record.status(made, total=1, now=NOON, entities=entities)["completedEntities"]

    assert len(shown) == 1668
    assert RunStatus.model_validate({"completedEntities": shown}).completed_entities == shown
