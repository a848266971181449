"""What the status of a plan says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice_operator.plan.room import status

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def a_plan(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowPlan",
        "metadata": {"name": "free", "generation": 2},
        "spec": spec,
    }


CASES: dict[str, tuple[dict[str, Any], int, tuple[str, str, str]]] = {
    "it is in force": (
        a_plan(maxWorkflows=3), 2, ("True", "InForce", "in force in 2 namespaces"),
    ),
    "nobody has it": (
        a_plan(), 0,
        ("True", "Unused",
         "no namespace has it: kubectl label namespace NAMESPACE sluice.dev/plan=free"),
    ),
    "it cannot be read": (
        a_plan(maxFlows=3), 1,
        ("False", "Unreadable", "spec.maxFlows: Extra inputs are not permitted: edit it"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plan", "namespaces", "said"), CASES.values(), ids=CASES)
def test_what_is_said(plan: dict[str, Any], namespaces: int, said: tuple[str, str, str]) -> None:
    made = status(plan, namespaces, NOON)

    [shown] = made["conditions"]
    assert (shown["status"], shown["reason"], shown["message"]) == said
    assert made["observedGeneration"] == 2
    assert made.get("namespaces", 0) == namespaces


def test_looking_again_changes_nothing() -> None:
    plan = a_plan() | {"status": status(a_plan(), 1, NOON)}

    assert status(plan, 1, datetime(2026, 2, 1, tzinfo=UTC)) == plan["status"]
