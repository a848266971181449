"""Valid objects of ours: a test names only what it is about."""

from typing import Any

from sluice_core.api.action import WorkflowAction
from sluice_core.api.credential import WorkflowCredential
from sluice_core.api.meta import ObjectMeta
from sluice_core.api.run import WorkflowRun
from sluice_core.api.steps import Step
from sluice_core.api.workflow import Workflow

NAMESPACE = "shop"


def a_step(name: str = "orders", action: str = "log", **fields: Any) -> Step:
    """A step that logs a line."""
    with_ = {"message": "hello"} if action == "log" else {}
    return Step.model_validate({"name": name, "action": action, "with": with_} | fields)


def a_workflow(
    name: str = "daily-etl",
    *,
    metadata: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **spec: Any,
) -> Workflow:
    """An active workflow of one step, without a trigger."""
    return Workflow.model_validate(
        {
            "metadata": _metadata(name, metadata),
            "spec": {"steps": [a_step()]} | spec,
            "status": status or {},
        }
    )


def a_run(
    name: str = "daily-etl-0a1b2c3d4e",
    *,
    metadata: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **spec: Any,
) -> WorkflowRun:
    """A run that somebody made by hand and nobody has looked at."""
    return WorkflowRun.model_validate(
        {
            "metadata": _metadata(name, metadata),
            "spec": {"workflow": "daily-etl"} | spec,
            "status": status or {},
        }
    )


def a_credential(
    name: str = "warehouse",
    *,
    metadata: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **spec: Any,
) -> WorkflowCredential:
    """A token for HTTP, in a Secret of the credential's name."""
    return WorkflowCredential.model_validate(
        {
            "metadata": _metadata(name, metadata),
            "spec": {"type": "HttpBearer", "secretRef": {"name": name}} | spec,
            "status": status or {},
        }
    )


def an_action(name: str = "send-reminder", **spec: Any) -> WorkflowAction:
    """A POST of its config."""
    http = {"url": "https://api.example.com/reminders", "body": "{{ config }}"}
    return WorkflowAction.model_validate(
        {"metadata": _metadata(name, {"namespace": ""}), "spec": spec or {"http": http}}
    )


def _metadata(name: str, more: dict[str, Any] | None) -> ObjectMeta:
    return ObjectMeta.model_validate(
        {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-of-{name}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": "2026-01-05T09:00:00Z",
        }
        | (more or {})
    )
