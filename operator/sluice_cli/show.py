"""A run for people: its events as they come, and how it ended."""

from datetime import datetime
from typing import Any

import orjson
from pydantic import JsonValue

from sluice_core import plain, record, wire
from sluice_core.names import API_VERSION
from sluice_core.record import Record
from sluice_runner import engine

OUTPUT_BYTES = 200
_SIGNS = {"Succeeded": "✓", "Failed": "✗", "Skipped": "–", "Cancelled": "■", "Running": "…"}


def line(what: wire.Happening) -> str:
    """One event; empty where people need not see it."""
    match what:
        case wire.StepFinished():
            return _step(what)
        case wire.Log(step=step, level=level, message=message):
            return f"  {step}: {level}: {message}"
        case wire.EntityFinished(entity=entity, phase=phase, error=error):
            return f"{_SIGNS[phase]} {entity}" + (f"  {error.message}" if error else "")
        case wire.Progress(total=total, completed=completed, failed=failed):
            return f"  {completed + failed}/{total} entities, {failed} failed"
        case _:
            return ""


def run(job: engine.Job, seen: Record, now: datetime) -> dict[str, Any]:
    """The WorkflowRun that a cluster would show."""
    spec: dict[str, Any] = {"workflow": job.workflow, "trigger": dict(job.trigger)}
    if job.inputs:
        spec["inputs"] = dict(job.inputs)
    if job.entities:
        spec["entities"] = list(job.entities)
    return {
        "apiVersion": API_VERSION,
        "kind": "WorkflowRun",
        "metadata": {"name": job.name, "namespace": job.namespace},
        "spec": spec,
        "status": record.status(
            seen, total=len(job.definition.steps), now=now, entities=job.entities
        ),
    }


def summary(made: dict[str, Any]) -> str:
    """The last lines of a run."""
    status = made["status"]
    [condition] = status["conditions"]
    lines = [f"{status['phase']} in {status.get('durationMs', 0)} ms"]
    if condition["status"] != "True" and condition.get("message"):
        lines[0] += f": {condition['message']}"
    if "output" in status:
        lines.append(f"output: {_short(status['output'])}")
    if status.get("truncated"):
        lines.append("output: too large to show")
    return "\n".join(lines)


def _step(what: wire.StepFinished) -> str:
    said = f"{_SIGNS[what.phase]} {what.step:<24} {what.phase:<10} {what.duration_ms:8.1f} ms"
    if what.attempts > 1:
        said += f"  {what.attempts} attempts"
    if what.port not in (None, "output"):
        said += f"  → {what.port}"
    if what.error is not None:
        return f"{said}  {what.error.reason}: {what.error.message}"
    if what.truncated:
        return f"{said}  (output too large to show)"
    return said if what.output is None else f"{said}  {_short(what.output)}"


def _short(value: JsonValue) -> str:
    return plain.cut(orjson.dumps(value).decode(), OUTPUT_BYTES)
