"""The status of a run at each point of its life, as one whole."""

from datetime import datetime
from typing import Any

from sluice_core import conditions, record
from sluice_operator.run.observed import Run
from sluice_operator.run.reconcile import End


def waiting(run: Run, now: datetime) -> dict[str, Any]:
    """A run that no runner works on: Pending, or Retrying once it had one."""
    made = _so_far(run, now)
    made["phase"] = "Retrying" if run.attempt > 1 else "Pending"
    made["conditions"] = [conditions.condition(record.CONDITION, None, *run.waiting_for)]
    if run.not_before is not None:
        made["nextAttemptTime"] = record.rfc3339(int(run.not_before.timestamp() * 1000))
    return _framed(run, made, now)


def running(run: Run, now: datetime) -> dict[str, Any]:
    """A run that a runner works on, or has just finished."""
    made = _told(run, now)
    if run.replaced_by and made["phase"] == "Cancelled":
        said = f"run {run.replaced_by} took its place"
        made["conditions"] = [conditions.condition(record.CONDITION, False, "Replaced", said)]
    return _framed(run, made, now)


def ended(run: Run, end: End, now: datetime) -> dict[str, Any]:
    """A run that ends without its runner's word."""
    made = _so_far(run, now)
    outcome = conditions.condition(record.CONDITION, False, end.reason, end.message)
    made |= {
        "phase": end.phase,
        "conditions": [outcome],
        "completionTime": record.rfc3339(int(now.timestamp() * 1000)),
    }
    return _framed(run, made, now)


def _so_far(run: Run, now: datetime) -> dict[str, Any]:
    """What earlier attempts have told, if there were any."""
    has_told = run.attempt > 1 or run.record.started is not None
    return _told(run, now) if has_told else {"attempt": run.attempt}


def _told(run: Run, now: datetime) -> dict[str, Any]:
    total = run.pinned.steps if run.pinned else 0
    made = record.status(run.record, total=total, now=now, entities=run.entities)
    made["attempt"] = run.attempt
    if run.pod_name:
        made["runner"] = run.pod_name
    return made


def _framed(run: Run, made: dict[str, Any], now: datetime) -> dict[str, Any]:
    if run.pinned is not None:
        made["revision"] = run.pinned.version
        made["definitionHash"] = run.pinned.digest
    if run.losses:
        made["runnerLosses"] = run.losses
    if run.retries:
        made["retries"] = run.retries
    if run.notifications:
        made["notifications"] = list(run.notifications)
    made["observedGeneration"] = run.generation
    made["conditions"] = conditions.merged(
        run.status.get("conditions", []),
        made["conditions"],
        generation=run.generation,
        now=now,
    )
    return made
