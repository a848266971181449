"""Which ended runs may go: by the workflow's history, and never before callers have had time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sluice_core.api.workflow import History
from sluice_operator.run.observed import Name


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A run that ended at `at` (seconds since the epoch)."""

    name: Name
    uid: str
    succeeded: bool
    at: float
    keyed: bool = False
    scheduled: tuple[str, datetime] | None = None  # trigger and time


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How long an ended run is kept at least, in seconds: any, and one with an idempotency key."""

    minimum: float
    keyed: float


def surplus(ended: Iterable[Ended], history: History, bounds: Bounds, now: float) -> list[Ended]:
    """The runs to delete, oldest first."""
    newest_first = sorted(ended, key=lambda run: run.at, reverse=True)
    kept = {True: history.successful_runs, False: history.failed_runs}
    going = []
    for run in newest_first:
        over = kept[run.succeeded] <= 0
        kept[run.succeeded] -= 1
        expired = now - run.at >= history.ttl_seconds_after_finished
        least = max(bounds.minimum, bounds.keyed if run.keyed else 0)
        if (over or expired) and now - run.at >= least:
            going.append(run)
    return going[::-1]
