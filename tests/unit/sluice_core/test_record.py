from datetime import UTC, datetime

import pytest

from sluice_core import record, wire
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

    assert made.finished_entities() == (
        FinishedEntity(entity="o-1", phase="Succeeded"),
        FinishedEntity(entity="o-2", phase="Failed", error=ERROR),
    )


def test_the_same_events_give_the_same_steps() -> None:
    events = (wire.Accepted(), wire.StepStarted(step="a"), ended("Succeeded", "output"))

    assert seen(*events).steps() == seen(*events).steps()
