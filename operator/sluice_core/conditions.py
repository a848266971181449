"""Conditions as metav1 has them: the transition time moves only when the status does."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

MESSAGE_LIMIT = 1024  # characters; what the CRDs admit


def condition(kind: str, status: bool | None, reason: str, message: str = "") -> dict[str, Any]:
    """One condition without its times; `None` is Unknown."""
    word = "Unknown" if status is None else str(status)
    return {"type": kind, "status": word, "reason": reason, "message": message[:MESSAGE_LIMIT]}


def merged(
    before: Iterable[Mapping[str, Any]],
    wanted: Iterable[Mapping[str, Any]],
    *,
    generation: int,
    now: datetime,
) -> list[dict[str, Any]]:
    """The wanted conditions, each with the transition time that it keeps or gets.

    A type that is not wanted any more is dropped: the list is derived, not accumulated.
    """
    known = {one["type"]: one for one in before}
    return [_timed(known.get(one["type"]), one, generation, now) for one in wanted]


def _timed(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], generation: int, now: datetime
) -> dict[str, Any]:
    kept = old is not None and old["status"] == new["status"]
    time = old["lastTransitionTime"] if old is not None and kept else seconds(now)
    return {**new, "observedGeneration": generation, "lastTransitionTime": time}


def find(conditions: Iterable[Mapping[str, Any]], kind: str) -> Mapping[str, Any] | None:
    """The condition of that type."""
    return next((one for one in conditions if one["type"] == kind), None)


def seconds(time: datetime) -> str:
    """RFC 3339 in UTC to the second, as Kubernetes writes times."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
