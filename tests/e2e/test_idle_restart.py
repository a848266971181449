"""An operator that starts where nothing is to do makes no write but for its Lease."""

import pytest

from cluster.waiting import until
from testkit.e2e import account_writes, kubectl, release
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space


@pytest.fixture(scope="module", autouse=True)
def _some_of_each(here: Space) -> None:
    flows = [a_greeting(f"hello-{number}") for number in range(3)]
    here.deploy(*flows)
    here.apply(a_workflow("wrong", a_step("one", "nothing", x=1)), a_greeting("asleep", replicas=0))
    for flow in flows:
        assert here.trigger(flow["metadata"]["name"], {"name": "Ada"}).code == 200
    here.ended(here.create_run("wrong"))
    for flow in ("wrong", *(one["metadata"]["name"] for one in flows)):
        kubectl.see(here.namespace, "workflows", flow, _has_counted, 30)


def _has_counted(workflow: kubectl.Manifest) -> bool:
    """Whether the run is in the workflow's health, which is stored some seconds later."""
    return bool(workflow.get("status", {}).get("health", {}).get("hours"))


def test_both_replicas_anew(here: Space) -> None:
    before = resource_versions(here)

    with account_writes.counted("sluice-operator", here.namespace, release.NAMESPACE) as writes:
        kubectl.run("-n", release.NAMESPACE, "rollout", "restart", "deployment/sluice-operator")
        release.available()
        here.ended(here.create_run("hello-0", inputs={"name": "it works again"}))
        until("the write of that run is counted", lambda: writes() > 0, 5)
        made = writes()

    assert made == 1, "the run's status and nothing else"
    assert resource_versions(here).items() >= before.items()


def resource_versions(here: Space) -> dict[str, str]:
    """Of all that Sluice may write to in this namespace."""
    kinds = (
        "workflows.sluice.dev,workflowruns.sluice.dev,services,serviceaccounts,configmaps,"
        "deployments,networkpolicies,controllerrevisions.apps"
    )
    return {
        one["metadata"]["uid"]: one["metadata"]["resourceVersion"]
        for one in kubectl.items("-n", here.namespace, kinds)
    }
