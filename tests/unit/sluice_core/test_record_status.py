"""A run's status as its events make it: in order, within its bytes, the same when replayed."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from sluice_core import record, wire
from sluice_core.record import Record

NOW = 1_700_000_000_000


def started(step: str) -> wire.StepStarted:
    return wire.StepStarted(step=step)


def ended(
    step: str, phase: wire.StepPhase = "Succeeded", output: JsonValue = None
) -> wire.StepFinished:
    return wire.StepFinished(
        step=step, phase=phase, started=NOW, duration_ms=1, port="output", output=output
    )


def seen(*happenings: wire.Happening) -> Record:
    made = Record()
    for number, what in enumerate(happenings, 1):
        made.add(
            wire.Event(id=number, seq=number, uid="u", attempt=1, time=NOW + number, what=what)
        )
    return made


def test_steps_are_shown_in_the_order_in_which_they_began() -> None:
    made = seen(started("b"), started("a"), ended("a"), started("c"), ended("b"))

    assert [(step["name"], step["phase"]) for step in made.steps()] == [
        ("b", "Succeeded"),
        ("a", "Succeeded"),
        ("c", "Running"),
    ]


COUNTS: dict[str, tuple[tuple[wire.Happening, ...], dict[str, int]]] = {
    "nothing yet": ((), {"total": 3, "completed": 0, "failed": 0}),
    "one of each": (
        (started("a"), ended("b"), ended("c", "Failed")), {"total": 3, "completed": 1, "failed": 1},
    ),
    "entities, where the runner counts them": (
        (ended("a"), wire.Progress(total=100, completed=7, failed=2)),
        {"total": 100, "completed": 7, "failed": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("happenings", "wanted"), COUNTS.values(), ids=COUNTS)
def test_counts(happenings: tuple[wire.Happening, ...], wanted: dict[str, int]) -> None:
    assert seen(*happenings).counts(3) == wanted


@given(st.lists(st.integers(0, 40_000), max_size=30))
def test_outputs_are_left_out_before_the_status_is_too_large(sizes: list[int]) -> None:
    made = seen(*(ended(f"s{number}", output="x" * size) for number, size in enumerate(sizes)))

    shown = made.steps()

    assert len(shown) == len(sizes)
    assert len(orjson.dumps(shown)) <= record.STATUS_BYTES
    for step, size in zip(shown, sizes, strict=True):
        assert step.get("truncated", False) or step["output"] == "x" * size
    if sum(sizes) + 300 * len(sizes) < record.STATUS_BYTES:
        assert not any(step.get("truncated") for step in shown)


def test_two_hundred_steps_that_fail_at_length_have_room() -> None:
    error = wire.StepError(reason="R" * 60, message="é" * 4096)
    failed = ended("s", "Failed").model_copy(update={"error": error, "result": "x" * 4096})
    steps = [failed.model_copy(update={"step": f"s{number:062}"}) for number in range(200)]

    made = seen(*steps).steps()

    assert len(orjson.dumps(made)) <= record.STATUS_BYTES
    assert all(step["error"]["message"].startswith("é" * 100) for step in made)


def test_an_error_is_shown_whole_while_there_is_room() -> None:
    error = wire.StepError(reason="Bad", message="x" * 4096)

    [shown] = seen(ended("a", "Failed").model_copy(update={"error": error})).steps()

    assert shown["error"]["message"] == error.message


def test_the_outputs_of_run_and_steps_share_the_room() -> None:
    output = ["x" * 1000] * 60
    made = seen(
        *(ended(f"s{number}", output="y" * 16_000) for number in range(7)),
        wire.Finished(phase="Succeeded", reason="Succeeded", output=output),
    )

    status = record.status(made, total=7, now=datetime.now(UTC))

    assert status["output"] == output
    assert len(orjson.dumps(status)) <= 128 * 1024


HAPPENINGS = st.lists(
    st.one_of(
        st.builds(started, st.sampled_from("abc")),
        st.builds(
            ended, st.sampled_from("abc"), st.sampled_from(["Succeeded", "Failed", "Skipped"])
        ),
        st.just(wire.Accepted()),
    ),
    max_size=20,
)


@given(HAPPENINGS)
def test_replaying_the_same_events_gives_the_same(happenings: list[wire.Happening]) -> None:
    once, again = seen(*happenings), seen(*happenings)

    assert once.steps() == again.steps()
    assert once.finished() == again.finished()


@given(HAPPENINGS)
def test_a_lost_attempt_leaves_what_had_ended(happenings: list[wire.Happening]) -> None:
    made = seen(*happenings)
    finished = made.finished()

    made.lose_attempt()

    assert made.finished() == finished
    assert all(step["phase"] != "Running" for step in made.steps())


DURATIONS = {
    0: "0ms", 14: "14ms", 999: "999ms", 1000: "1s", 2500: "2.5s", 59_900: "59.9s",
    60_000: "1m0s", 90_000: "1m30s", 3_600_000: "1h0m", 7_500_000: "2h5m",
}  # fmt: skip


@pytest.mark.parametrize(("milliseconds", "words"), DURATIONS.items())
def test_durations_for_people(milliseconds: int, words: str) -> None:
    assert record.for_people(milliseconds) == words


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_is_read_as_it_was_written(milliseconds: int) -> None:
    assert record.milliseconds(record.rfc3339(milliseconds)) == milliseconds


def test_saying_that_something_was_cut_takes_room_too() -> None:
    sizes = [*[0] * 13, 32519, 40000, 40000, 0]

    shown = seen(*(ended(f"s{n}", output="x" * size) for n, size in enumerate(sizes))).steps(74_728)

    assert len(orjson.dumps(shown)) <= 74_728
