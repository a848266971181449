"""How the steps of a run went, as a log: an entry for each step that began."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sluice_core import conditions

_FIELDS = {
    "attempts": "attempts",
    "port": "port",
    "output": "output",
    "renderedOutput": "renderedOutput",
    "result": "actionResult",
    "truncated": "truncated",
}


def entries(run: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """In the order of the steps; what was cut for want of room says so."""
    name = run["metadata"]["name"]
    for index, step in enumerate(run.get("status", {}).get("steps", ())):
        began = step.get("startTime")
        made: dict[str, Any] = {
            "id": f"{name}/{index}",
            "stepId": step["name"],
            "status": step["phase"].lower(),
            "startedAt": began,
            "completedAt": _ended(began, step.get("durationMs"), step["phase"]),
            "durationMs": step.get("durationMs"),
        }
        made |= {theirs: step[ours] for ours, theirs in _FIELDS.items() if ours in step}
        if (error := step.get("error")) is not None:
            made["errorMessage"] = error.get("message", "")
            made["error"] = error
        yield made


def _ended(began: str | None, duration: int | None, phase: str) -> str | None:
    if began is None or duration is None or phase == "Running":
        return None
    start = datetime.fromisoformat(began)
    return conditions.seconds(start + timedelta(milliseconds=duration))
