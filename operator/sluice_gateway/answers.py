"""Turn a WorkflowRun into what the REST API says of it: pure, and without a model on the way."""

from typing import Any
from urllib.parse import quote

from sluice_kube.resources import Key, Manifest

_STATUS_FIELDS = {
    "revision": "revision",
    "attempt": "attempt",
    "startTime": "startedAt",
    "completionTime": "completedAt",
    "durationMs": "durationMs",
    "progress": "progress",
}
_DETAIL_FIELDS = {
    "runner": "runner",
    "steps": "steps",
    "output": "output",
    "truncated": "truncated",
    "failedEntities": "failedEntities",
    "conditions": "conditions",
}


def url(key: Key) -> str:
    """Where a run is found, from the root of this API."""
    return f"/api/v1/namespaces/{quote(key.namespace)}/runs/{quote(key.name)}"


def started(key: Key, workflow: str) -> dict[str, Any]:
    """The answer to a trigger whose run goes on."""
    return {
        "status": "started",
        "execution_id": key.name,
        "workflow_id": workflow,
        "output": {},
        "url": url(key),
    }


def queued(key: Key, workflow: str) -> dict[str, Any]:
    """The answer to a run by hand."""
    return {
        "executionId": key.name,
        "workflowId": workflow,
        "status": "queued",
        "url": url(key),
    }


def ended(run: Manifest) -> dict[str, Any]:
    """The answer to a trigger that waited for the end, good or bad."""
    status = run["status"]
    answer = {
        "status": status["phase"].lower(),
        "execution_id": run["metadata"]["name"],
        "workflow_id": run["spec"]["workflow"],
        "output": status.get("output"),
        "url": url(Key.of(run)),
    }
    if status.get("truncated"):
        answer["truncated"] = True
    if status["phase"] != "Succeeded":
        answer["error"] = _error(status)
    return answer


def summary(run: Manifest) -> dict[str, Any]:
    """A run in a list."""
    metadata, spec, status = run["metadata"], run["spec"], run.get("status", {})
    answer = {
        "executionId": metadata["name"],
        "workflowId": spec["workflow"],
        "namespace": metadata["namespace"],
        "status": status.get("phase", "Pending").lower(),
        "trigger": spec.get("trigger", {"type": "Manual"}),
        "createdAt": metadata["creationTimestamp"],
        "url": url(Key.of(run)),
    }
    _copy(status, _STATUS_FIELDS, answer)
    if status.get("phase") in {"Failed", "Cancelled"}:
        answer["error"] = _error(status)
    return answer


def detail(run: Manifest) -> dict[str, Any]:
    """A run by itself."""
    spec = run["spec"]
    answer = summary(run)
    answer["inputs"] = spec.get("inputs", {})
    answer["cancelRequested"] = spec.get("cancel", False)
    _copy(run.get("status", {}), _DETAIL_FIELDS, answer)
    return answer


def _copy(source: dict[str, Any], fields: dict[str, str], target: dict[str, Any]) -> None:
    target.update((ours, source[theirs]) for theirs, ours in fields.items() if theirs in source)


def _error(status: dict[str, Any]) -> dict[str, str]:
    """The words of the condition Succeeded, which is the contract."""
    for condition in status.get("conditions", ()):
        if condition["type"] == "Succeeded":
            return {
                "reason": condition.get("reason", ""),
                "message": condition.get("message", ""),
            }
    return {"reason": status["phase"], "message": ""}
