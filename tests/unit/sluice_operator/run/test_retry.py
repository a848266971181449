"""Whether a failed run is tried again, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice_core import wire
from sluice_core.api.steps import RunRetry
from sluice_operator.run import retry
from sluice_operator.run.observed import Run, read
from testkit.dispatching import NOON, a_manifest, a_version

RULE = RunRetry(limit=3, backoff_seconds=10)


def failed(reason: str = "StepFailed", *, phase: str = "Failed", **fields: Any) -> Run:
    spec = fields.pop("spec", {})
    run = read(a_manifest(**spec))
    run.pinned = a_version(retry=fields.pop("rule", RULE), timeout_seconds=100)
    run.record.started = int(NOON.timestamp() * 1000)
    run.record.ended = wire.Finished.model_validate({"phase": phase, "reason": reason})
    for field, value in fields.items():
        setattr(run, field, value)
    return run


CASES: dict[str, tuple[Run, float, float | None]] = {
    "the first failure: up to the backoff": (failed(), 1.0, 10),
    "full jitter: perhaps at once": (failed(), 0.0, 0),
    "the second one: twice as long": (failed(retries=1), 1.0, 20),
    "the third one: half of four times as long": (failed(retries=2), 0.5, 20),
    "as often as permitted: no more": (failed(retries=3), 0.0, None),
    "no retries asked for": (failed(rule=RunRetry()), 0.0, None),
    "it succeeded": (failed(phase="Succeeded"), 0.0, None),
    "it was cancelled": (failed("Cancelled", phase="Cancelled"), 0.0, None),
    "it is to be cancelled": (failed(spec={"cancel": True}), 0.0, None),
    "another takes its place": (failed(replaced_by="other"), 0.0, None),
    "wrong inputs stay wrong": (failed("InvalidInputs"), 0.0, None),
    "a wrong definition stays wrong": (failed("InvalidDefinition"), 0.0, None),
    "its time is over": (failed("Timeout"), 0.0, None),
    "its time would be over by then": (
        failed(rule=RunRetry(limit=1, backoff_seconds=100)), 1.0, None,
    ),
    "a test run": (failed(spec={"trigger": {"type": "Test"}}), 0.0, None),
    "entities that failed": (failed("EntitiesFailed"), 0.0, 0),
}  # fmt: skip


@pytest.mark.parametrize(("run", "jitter", "seconds"), CASES.values(), ids=CASES)
def test_next_attempt(run: Run, jitter: float, seconds: float | None) -> None:
    when = retry.next_attempt(run, NOON, jitter)

    assert when == (None if seconds is None else NOON + timedelta(seconds=seconds))


def test_the_reason_is_that_of_the_failure() -> None:
    run = failed()

    reason, message = retry.why(run, datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC))

    assert reason == "StepFailed"
    assert message.startswith("attempt 1 failed, attempt 2 begins at 2026-01-31T12:00:05.000Z")
