"""Decide whether a failed run goes on from its failed step, and when. Reads no clock."""

from datetime import datetime, timedelta

from sluice_core import record
from sluice_operator.run.observed import Run

FINAL = ("InvalidInputs", "InvalidDefinition", "OutputLost", "TooLarge", "Timeout")
LONGEST_SECONDS = 3600.0


def next_attempt(run: Run, now: datetime, jitter: float) -> datetime | None:
    """When the next attempt begins, or None when this failure was the last.

    `jitter` in 0..1 is the share of the longest wait that is waited; the longest wait doubles.
    """
    end = run.record.ended
    if end is None or end.phase != "Failed" or end.reason in FINAL or run.pinned is None:
        return None
    if run.cancelled or run.replaced_by or run.spec.get("trigger", {}).get("type") == "Test":
        return None
    rule = run.pinned.retry
    if run.retries >= rule.limit:
        return None
    longest = min(LONGEST_SECONDS, rule.backoff_seconds * 2.0**run.retries)
    when = now + timedelta(seconds=longest * jitter)
    if run.deadline is not None and when.timestamp() * 1000 >= run.deadline:
        return None
    return when


def why(run: Run, when: datetime) -> tuple[str, str]:
    """Reason and message of the condition until then; `run` still has its failure."""
    end = run.record.ended
    reason, message = (end.reason, end.message) if end is not None else ("Failed", "")
    at = record.rfc3339(int(when.timestamp() * 1000))
    said = f"attempt {run.attempt} failed, attempt {run.attempt + 1} begins at {at}: {message}"
    return (reason, said)
