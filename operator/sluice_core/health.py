"""How the runs of a workflow went, in numbers that outlive the runs: buckets of hours and days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice_core import conditions
from sluice_core.api.workflow_status import Bucket, Health
from sluice_core.record import CONDITION

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS, DAYS, WEEK = 24, 30, 7
_ERROR = 1024  # characters; what the CRD admits


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended; the error is that of a failed one."""

    uid: str
    at: datetime
    phase: str
    seconds: float = 0.0
    error: str = ""


def outcome(uid: str, status: Mapping[str, Any]) -> Outcome | None:
    """Of a run that has ended; None where its status does not say when."""
    at = status.get("completionTime")
    if at is None:
        return None
    shown = conditions.find(status.get("conditions", ()), CONDITION)
    failed = shown is not None and status["phase"] == "Failed"
    return Outcome(
        uid=uid,
        at=datetime.fromisoformat(at).astimezone(UTC),
        phase=status["phase"],
        seconds=status.get("durationMs", 0) / 1000,
        error=shown["message"][:_ERROR] or shown["reason"] if shown and failed else "",
    )


def fold(health: Health, ended: Iterable[Outcome], up_to: datetime) -> Health:
    """Count runs that were not counted before; from then on all that ended until `up_to` are."""
    runs = sorted(ended, key=lambda run: run.at)
    if not runs:
        return health
    last = runs[-1].at
    if health.last_run_time is not None:
        last = max(last, health.last_run_time)
    errors = [run.error for run in runs if run.phase == "Failed"]
    return Health(
        up_to=max(up_to, health.up_to) if health.up_to else up_to,
        hours=_buckets(health.hours, runs, HOUR, up_to, HOURS),
        days=_buckets(health.days, runs, DAY, up_to, DAYS),
        last_run_time=last,
        last_error=errors[-1] if errors else health.last_error,
    )


def _buckets(
    before: Sequence[Bucket], runs: Iterable[Outcome], width: timedelta, now: datetime, most: int
) -> tuple[Bucket, ...]:
    found = {one.start: one for one in before}
    for run in runs:
        start = _start(run.at, width)
        found[start] = _with(found.get(start, Bucket(start=start)), run)
    oldest = _start(now, width) - (most - 1) * width
    return tuple(found[start] for start in sorted(found) if start >= oldest)[-most:]


def _with(bucket: Bucket, run: Outcome) -> Bucket:
    return Bucket(
        start=bucket.start,
        total=bucket.total + 1,
        failed=bucket.failed + (run.phase == "Failed"),
        cancelled=bucket.cancelled + (run.phase == "Cancelled"),
        seconds=round(bucket.seconds + run.seconds, 3),
    )


def _start(time: datetime, width: timedelta) -> datetime:
    epoch = datetime.fromtimestamp(0, UTC)
    return epoch + (time - epoch) // width * width


@dataclass(frozen=True)
class Count:
    """Runs that ended in a while; cancelled ones are in the total alone."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What people ask: of the hour or day at hand and those before it. Rates are over 30 days."""

    day: Count
    week: Count
    month: Count
    success_rate_percent: float | None
    average_duration_ms: int | None
    last_run: datetime | None
    last_error: str | None


def totals(health: Health, now: datetime) -> Totals:
    """The numbers as they are at that time; None for what has no runs to tell it."""
    hours = _since(health.hours, _start(now, HOUR) - (HOURS - 1) * HOUR)
    week = _since(health.days, _start(now, DAY) - (WEEK - 1) * DAY)
    month = _since(health.days, _start(now, DAY) - (DAYS - 1) * DAY)
    count = _count(month)
    judged = count.succeeded + count.failed
    seconds = sum(one.seconds for one in month)
    return Totals(
        day=_count(hours),
        week=_count(week),
        month=count,
        success_rate_percent=round(100 * count.succeeded / judged, 2) if judged else None,
        average_duration_ms=round(1000 * seconds / count.total) if count.total else None,
        last_run=health.last_run_time,
        last_error=health.last_error,
    )


def _since(buckets: Sequence[Bucket], start: datetime) -> list[Bucket]:
    return [one for one in buckets if one.start >= start]


def _count(buckets: Iterable[Bucket]) -> Count:
    total = failed = cancelled = 0
    for one in buckets:
        total, failed, cancelled = (
            total + one.total,
            failed + one.failed,
            cancelled + one.cancelled,
        )
    return Count(total, total - failed - cancelled, failed)


def status(health: Health) -> dict[str, Any]:
    """As `status.health` holds it."""
    made = health.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    for time in ("upTo", "lastRunTime"):
        if time in made:
            made[time] = made[time].replace("+00:00", "Z")
    return made
