"""The status of a run at each point of its life, each one that the CRD admits."""

from typing import Any

import pytest

from sluice_core import wire
from sluice_core.api.run_status import RunStatus
from sluice_operator.run import status
from sluice_operator.run.observed import Run, has_ended, read
from sluice_operator.run.reconcile import End
from testkit.dispatching import NOON, a_manifest, a_version


def a_run(*happenings: wire.Happening, **fields: Any) -> Run:
    run = read(a_manifest())
    run.pinned, run.pod, run.pod_name = a_version(), "p", "pod-1"
    for field, value in fields.items():
        setattr(run, field, value)
    for number, what in enumerate(happenings, 1):
        time = 1_700_000_000_000 + 1500 * number
        run.record.add(
            wire.Event(id=number, seq=number, uid=run.uid, attempt=1, time=time, what=what)
        )
    return run


A_DONE = wire.StepFinished(
    step="a",
    phase="Succeeded",
    started=1_700_000_001_500,
    duration_ms=12.4,
    port="output",
    output=1,
)
BEGUN = (wire.Accepted(), wire.StepStarted(step="a"))
DONE = (*BEGUN, A_DONE)
END = wire.Finished(phase="Succeeded", reason="Succeeded", output={"rows": 2})
FAILED = wire.Finished(phase="Failed", reason="StepFailed", message="a: no")
LOST = End("Failed", "RunnerLost", "three runners")

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "waiting": (
        status.waiting(a_run(waiting_for=("Queued", "full")), NOON),
        {"phase": "Pending", "revision": 3, "steps": None, "startTime": None},
    ),
    "waiting once more": (
        status.waiting(a_run(*DONE, attempt=2, losses=1), NOON),
        {"phase": "Retrying", "attempt": 2, "runnerLosses": 1, "stepsSummary": "1/2"},
    ),
    "running": (
        status.running(a_run(*BEGUN), NOON),
        {"phase": "Running", "runner": "pod-1", "stepsSummary": "0/2", "completionTime": None},
    ),
    "succeeded": (
        status.running(a_run(*DONE, END), NOON),
        {
            "phase": "Succeeded", "output": {"rows": 2}, "durationMs": 4500,
            "startTime": "2023-11-14T22:13:21.500Z", "completionTime": "2023-11-14T22:13:26.000Z",
        },
    ),
    "failed": (
        status.running(a_run(*BEGUN, FAILED), NOON), {"phase": "Failed", "output": None},
    ),
    "ended before it began": (
        status.ended(a_run(), End("Failed", "Suspended", "at zero"), NOON),
        {"phase": "Failed", "completionTime": "2026-01-31T12:00:00.000Z", "startTime": None},
    ),
    "ended after an attempt": (
        status.ended(a_run(*DONE, attempt=2), LOST, NOON),
        {"phase": "Failed", "stepsSummary": "1/2", "startTime": "2023-11-14T22:13:21.500Z"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("made", "wanted"), CASES.values(), ids=CASES)
def test_status(made: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert {key: made.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("made", [case[0] for case in CASES.values()], ids=CASES)
def test_the_crd_admits_it(made: dict[str, Any]) -> None:
    RunStatus.model_validate(made, extra="forbid")


def test_a_wait_says_why() -> None:
    made = status.waiting(a_run(waiting_for=("Queued", "full")), NOON)

    [condition] = made["conditions"]
    assert (condition["status"], condition["reason"], condition["message"]) == (
        "Unknown",
        "Queued",
        "full",
    )


def test_the_transition_time_stays_while_the_condition_does() -> None:
    run = a_run(*BEGUN)
    earlier = status.running(run, NOON)
    earlier["conditions"][0]["lastTransitionTime"] = "2020-01-01T00:00:00Z"
    run.status = earlier

    made = status.running(run, NOON)

    assert made["conditions"][0]["lastTransitionTime"] == "2020-01-01T00:00:00Z"


READ: dict[str, tuple[dict[str, Any], tuple[int, int, list[str]]]] = {
    "never looked at": ({}, (1, 0, [])),
    "shown as waiting": ({"phase": "Pending", "attempt": 1}, (1, 0, [])),
    "shown as running: its attempt may be lost": ({"phase": "Running", "attempt": 1}, (2, 0, [])),
    "shown as waiting once more": (
        {"phase": "Retrying", "attempt": 3, "runnerLosses": 2}, (3, 2, []),
    ),
    "with steps": (
        {
            "phase": "Running", "attempt": 1,
            "steps": [
                {"name": "a", "phase": "Succeeded", "port": "output", "output": 1,
                 "startTime": "2026-01-31T11:00:00Z", "durationMs": 3},
                {"name": "b", "phase": "Running", "startTime": "2026-01-31T11:00:01Z"},
            ],
        },
        (2, 0, ["a"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("shown", "wanted"), READ.values(), ids=READ)
def test_what_an_earlier_leader_wrote_is_read(
    shown: dict[str, Any], wanted: tuple[int, int, list[str]]
) -> None:
    run = read(a_manifest(status=shown))

    names = [step.name for step in run.record.finished()]
    assert (run.attempt, run.losses, names) == wanted


@pytest.mark.parametrize(
    ("phase", "over"), [("Succeeded", True), ("Retrying", False), (None, False)]
)
def test_has_ended(phase: str | None, over: bool) -> None:
    assert has_ended({"status": {"phase": phase} if phase else {}}) is over
