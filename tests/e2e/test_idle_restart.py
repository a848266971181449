"""An operator that starts where nothing is to do makes no write but for its Lease."""

import pytest

from testkit.e2e import kubectl, release, writes
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space

SLUICE = ("workflows", "workflowruns", "workflowcredentials", "workflowplans")
CHILDREN = (
    ("", "services"),
    ("", "serviceaccounts"),
    ("", "configmaps"),
    ("", "secrets"),
    ("apps", "deployments"),
    ("apps", "controllerrevisions"),
    ("networking.k8s.io", "networkpolicies"),
    ("events.k8s.io", "events"),
)
WATCHED = (
    *(("sluice.dev", name) for name in SLUICE),
    *(("sluice.dev", f"{name}/status") for name in SLUICE),
    *CHILDREN,
)


@pytest.fixture(scope="module", autouse=True)
def _some_of_each(here: Space) -> None:
    flows = [a_greeting(f"hello-{number}") for number in range(3)]
    here.deploy(*flows)
    here.apply(a_workflow("wrong", a_step("one", "nothing", x=1)), a_greeting("asleep", replicas=0))
    for flow in flows:
        assert here.trigger(flow["metadata"]["name"], {"name": "Ada"}).code == 200
    here.ended(here.create_run("wrong"))


def test_both_replicas_anew(here: Space) -> None:
    before = writes.of(WATCHED)
    versions = resource_versions(here)

    kubectl.run("-n", release.NAMESPACE, "rollout", "restart", "deployment/sluice-operator")
    release.available()
    restarted = writes.of(WATCHED)
    here.ended(here.create_run("hello-0", inputs={"name": "it works again"}))

    made = restarted - before
    made[("PATCH", "deployments")] -= 1  # kubectl's own
    assert +made == {}
    assert resource_versions(here).items() >= versions.items()


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
