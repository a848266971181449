"""A plan's caps and rates, in a namespace that is labelled with it."""

import time
import uuid
from collections.abc import Iterator

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space, condition


@pytest.fixture(scope="module")
def plan(here: Space) -> Iterator[str]:
    """Two workflows, two runs a minute."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    manifest = {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowPlan",
        "metadata": {"name": name},
        "spec": {"maxWorkflows": 2, "runsPerMinute": 2},
    }
    kubectl.apply("default", manifest)
    label = f"sluice.dev/plan={name}"
    kubectl.run("label", "namespace", here.namespace, "--overwrite", label)
    yield name
    kubectl.run("delete", "workflowplan", name, "--wait=false")


def test_the_plan_says_where_it_is_in_force(plan: str) -> None:
    kubectl.run("wait", f"workflowplan/{plan}", "--for=jsonpath={.status.namespaces}=1")

    assert condition(kubectl.read(f"workflowplan/{plan}"), "Ready")["reason"] == "InForce"


def test_the_oldest_workflows_keep_working(here: Space, plan: str) -> None:
    here.deploy(a_greeting("first"))
    here.deploy(a_greeting("second"))
    here.apply(a_greeting("third"))

    refused = kubectl.see(here.namespace, "workflows", "third", is_invalid, 15)
    message = condition(refused, "Valid")["message"]
    here.kubectl("delete", "workflow.sluice.dev/first", "--wait=false")

    assert f"maxWorkflows of the plan {plan} is 2" in message
    here.ready("third")
    assert condition(here.workflow("second"), "Valid")["status"] == "True"


def test_over_the_rate_callers_get_429_and_other_runs_fail(here: Space, plan: str) -> None:
    until("a minute with time left", lambda: time.time() % 60 < 40, 30)

    answers = [here.trigger("second", {"name": "Ada"}) for _ in range(3)]
    by_hand = here.ended(here.create_run("second", inputs={"name": "Ada"}), 15)

    assert [one.code for one in answers] == [200, 200, 429]
    assert "runsPerMinute of the namespace's plan is 2" in answers[2].body["detail"]
    [shown] = by_hand["conditions"]
    assert (by_hand["phase"], shown["reason"]) == ("Failed", "RateLimited")
    data = here.kubectl("get", "configmap", "sluice-admission", "-o", "jsonpath={.data}")
    assert '"runs.minute"' in data


def test_nobody_else_can_say_that_a_run_is_counted(here: Space, plan: str) -> None:
    run = {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowRun",
        "metadata": {"generateName": "x-", "annotations": {"sluice.dev/counted": "true"}},
        "spec": {"workflow": "second"},
    }

    with pytest.raises(kubectl.Refused, match="is the gateway's"):
        kubectl.create(here.namespace, run)


def is_invalid(workflow: kubectl.Manifest) -> bool:
    return condition(workflow, "Valid").get("reason") == "PlanLimitExceeded"
