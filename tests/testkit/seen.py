"""What the operator has seen of a workflow: a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any

from sluice_core import names
from sluice_core.api.plan import PlanSpec
from sluice_core.api.workflow import Workflow
from sluice_core.definition import Definition, digest
from sluice_operator.workflow.observed import (
    Child,
    Installation,
    Manifest,
    Observed,
    Plan,
    Revision,
)
from testkit.builders import NAMESPACE, a_workflow

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def an_installation(**fields: Any) -> Installation:
    """The chart's defaults."""
    defaults: dict[str, Any] = {
        "runner_image": "localhost/sluice-runner:0.1.0",
        "pull_policy": "IfNotPresent",
        "requests": {"cpu": "10m", "memory": "96Mi"},
        "limits": {"memory": "512Mi"},
        "release_namespace": "sluice-system",
        "gateway_service": "sluice-gateway",
        "cluster_domain": "cluster.local",
        "public_keys": {"operator-1.pem": "PEM"},
    }
    return Installation(**{**defaults, **fields})


def observed(workflow: Workflow | None = None, **fields: Any) -> Observed:
    """A workflow that nothing was made for yet."""
    workflow = workflow or a_workflow(lifecycle={"policy": "AlwaysOn"})
    defaults: dict[str, Any] = {
        "workflow": workflow,
        "manifest": {"status": {}},
        "installation": an_installation(),
        "plan": None,
        "children": {},
        "pods": (),
        "revisions": (),
        "now": NOON,
    }
    return Observed(**{**defaults, **fields})


def a_plan(name: str = "paid", **spec: Any) -> Plan:
    """A plan that exists and limits nothing but what is given."""
    return Plan(name=name, spec=PlanSpec.model_validate(spec))


def the_revision(workflow: Workflow, number: int = 1) -> Revision:
    """The version that holds the workflow's definition as it is."""
    return Revision(number=number, digest=digest(Definition.of(workflow.spec).encode()))


def a_child(kind: str, name: str) -> dict[Child, Manifest]:
    """One object of a workflow."""
    metadata = {"name": name, "namespace": NAMESPACE, "uid": "u"}
    manifest = {"kind": kind, "metadata": metadata, "spec": {}}
    return {Child(kind, name): manifest}


def a_pod(
    name: str = "workflow-daily-etl-x",
    *,
    ready: bool = False,
    waiting: str = "",
    unscheduled: str = "",
    **meta: Any,
) -> Manifest:
    """A runner pod as its status shows it."""
    conditions = [{"type": "Ready", "status": str(ready)}]
    if unscheduled:
        conditions += [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": unscheduled,
            }
        ]
    containers = []
    if waiting:
        state = {"waiting": {"reason": waiting, "message": "no such image"}}
        containers = [{"name": names.RUNNER_CONTAINER, "state": state}]
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": name, **meta},
        "status": {"conditions": conditions, "containerStatuses": containers},
    }
