"""Events that runs give rise to, and the runs that events set off. Reads no clock, calls no API."""

import hashlib
from collections.abc import Mapping
from typing import Any, TypeAlias

from sluice_core import conditions, event_types, events, inputs, names, record, wire
from sluice_operator import triggered
from sluice_operator.run.observed import Run
from sluice_operator.run.subscribers import Listening, Subscriber
from sluice_operator.triggered import Owner

Manifest: TypeAlias = dict[str, Any]

_ENDS = {"Succeeded": event_types.RUN_COMPLETED, "Failed": event_types.RUN_FAILED}
_OF_STATUS = ("startTime", "completionTime", "durationMs", "output", "truncated")


def is_told_of(run: Run) -> bool:
    """Whether what becomes of it is an event: not of a test, nor of what such an event set off."""
    trigger = run.spec.get("trigger", {})
    return not trigger.get("quiet", False) and trigger.get("type") != "Test"


def hops(run: Run) -> int:
    """How many events led to it, one from another."""
    return int(run.spec.get("trigger", {}).get("hops", 0))


def inherited(run: Run) -> dict[str, Any]:
    """What the trigger of a run has that this one makes."""
    trigger = run.spec.get("trigger", {})
    return {field: trigger[field] for field in ("hops", "quiet") if trigger.get(field)}


def begun(run: Run) -> Manifest:
    """A runner works on it for the first time."""
    return _event(run, event_types.RUN_STARTED, "", _about(run))


def step_failed(run: Run, step: wire.StepFinished) -> Manifest:
    """A step of the attempt has failed, and was tried as often as it may."""
    error = step.error or wire.StepError(reason="Failed", message="")
    data = _about(run) | {
        "step": step.step,
        "failure": error.failure,
        "reason": error.reason,
        "message": error.message,
        "attempts": step.attempts,
    }
    return _event(run, event_types.STEP_FAILED, f"/{run.retries}/{step.step}", data)


def ended(run: Run, status: Mapping[str, Any]) -> Manifest | None:
    """It is over, as that status has it; being cancelled is no event."""
    type_ = _ENDS.get(status["phase"])
    if type_ is None:
        return None
    shown = conditions.find(status.get("conditions", ()), record.CONDITION)
    data = _about(run) | {field: status[field] for field in _OF_STATUS if field in status}
    data |= {
        "phase": status["phase"],
        "reason": shown["reason"] if shown else "",
        "message": shown["message"] if shown else "",
    }
    return _event(run, type_, "", data)


def published(run: Run, asked: wire.Publish) -> Manifest:
    """What a step publishes: once more after each retry of the run, and else the same."""
    event = _event(run, asked.type, "", asked.data)
    return event | {"id": f"{run.uid}/{asked.key}/{run.retries}"}


def make_run(
    subscriber: Subscriber, trigger: Listening, event: Mapping[str, Any], cause: Run
) -> Manifest:
    """The one run that the event has with that trigger."""
    given, rest = events.brought(event["data"])
    told = events.run_trigger(trigger.name, event) | rest | inherited(cause)
    told["hops"] = hops(cause) + 1
    if event["type"] in event_types.OF_RUNS:
        told["quiet"] = True
    key = "\x00".join((event["source"], event["id"]))
    name = events.run_name(subscriber.name.name, subscriber.uid, trigger.name, event)
    spec = {"keyHash": hashlib.sha256(key.encode()).hexdigest(), "trigger": told, "inputs": given}
    return triggered.make_run(Owner(*subscriber.name, subscriber.uid), name, spec)


def unfit(subscriber: Subscriber, event: Mapping[str, Any]) -> str:
    """Why its data cannot be the inputs of that workflow; empty when it can."""
    try:
        found = inputs.check(subscriber.schema, events.brought(event["data"])[0])
    except inputs.InvalidSchema as error:
        return f"its inputs schema is wrong: {error}"
    return "; ".join(map(str, found))


def _event(run: Run, type_: str, part: str, data: Any) -> Manifest:
    path = f"namespaces/{run.name.namespace}/workflowruns/{run.name.name}"
    return {
        "id": f"{run.uid}/{type_}{part}",
        "source": f"/apis/{names.API_VERSION}/{path}",
        "type": type_,
        "data": data,
    }


def _about(run: Run) -> Manifest:
    trigger = run.spec.get("trigger", {})
    about: Manifest = {
        "run": run.name.name,
        "workflow": run.workflow.name,
        "namespace": run.name.namespace,
        "trigger": {field: trigger[field] for field in ("type", "name") if field in trigger},
        "attempt": run.attempt,
    }
    if run.record.started is not None:
        about["startTime"] = record.rfc3339(run.record.started)
    return about
