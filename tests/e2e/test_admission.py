"""What was admitted is what runs: the chart's policies hold whoever asks."""

import json

import pytest

from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space

STEPS = {"steps": [{"name": "mine", "action": "log", "with": {"message": "mine"}}]}


@pytest.fixture(scope="module", autouse=True)
def _hello(here: Space) -> None:
    here.deploy(a_greeting(), a_workflow("shelved", a_step("one", "log", message="x")))
    here.apply(*a_creator())


def a_creator() -> list[kubectl.Manifest]:
    """An account that may create runs, and no more."""
    rbac = "rbac.authorization.k8s.io"
    rule = {"apiGroups": ["sluice.dev"], "resources": ["workflowruns"], "verbs": ["create", "get"]}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "creator"}},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "Role",
            "metadata": {"name": "creator"},
            "rules": [rule],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "creator"},
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "creator"},
            "subjects": [{"kind": "ServiceAccount", "name": "creator"}],
        },
    ]


def merge(here: Space, subject: str, spec: object, account: str = "") -> str:
    """`kubectl patch` of the spec, as an account of this namespace or as the administrator."""
    acting = [f"--as=system:serviceaccount:{here.namespace}:{account}"] if account else []
    patch = json.dumps({"spec": spec})
    return here.kubectl("patch", subject, "--type=merge", "-p", patch, *acting)


CHANGES = {
    "inputs": {"inputs": {"name": "Eve"}},
    "a key within inputs": {"inputs": {"further": 1}},
    "the workflow": {"workflow": "other"},
    "a definition": {"definition": STEPS},
}


@pytest.mark.parametrize("spec", CHANGES.values(), ids=CHANGES)
def test_what_a_run_does_cannot_be_changed(here: Space, spec: object) -> None:
    name = here.create_run("hello", inputs={"name": "Ada"})

    with pytest.raises(kubectl.Refused, match="cannot change but for cancel and priority"):
        merge(here, f"workflowrun.sluice.dev/{name}", spec)


def test_its_priority_can(here: Space) -> None:
    name = here.create_run("hello", inputs={"name": "Ada"})

    merge(here, f"workflowrun.sluice.dev/{name}", {"priority": 5})

    assert here.run(name)["spec"]["priority"] == 5


def test_a_cancelled_run_cannot_be_taken_back(here: Space) -> None:
    name = here.create_run("hello", inputs={"name": "Ada"}, cancel=True)

    with pytest.raises(kubectl.Refused, match="cannot be taken back"):
        merge(here, f"workflowrun.sluice.dev/{name}", {"cancel": False})


def test_a_definition_of_ones_own_needs_the_right_to_execute(here: Space) -> None:
    run = {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowRun",
        "metadata": {"generateName": "own-"},
        "spec": {"workflow": "hello", "definition": STEPS},
    }
    words = ("create", "-f", "-", f"--as=system:serviceaccount:{here.namespace}:creator")

    with pytest.raises(kubectl.Refused, match="workflows/execute"):
        here.kubectl(*words, stdin=json.dumps(run))

    del run["spec"]["definition"]  # type: ignore[attr-defined]
    here.kubectl(*words, stdin=json.dumps(run))


def test_an_archived_workflow_takes_only_its_state(here: Space) -> None:
    subject = "workflow.sluice.dev/shelved"
    merge(here, subject, {"state": "Archived"})

    with pytest.raises(kubectl.Refused, match="archived workflow cannot change"):
        merge(here, subject, {"title": "New"})
    refused = here.call(here.api("/workflows/shelved/trigger"), {})
    merge(here, subject, {"state": "Active"})
    merge(here, subject, {"title": "New"})
    here.ready("shelved")

    assert (refused.code, "archived" in refused.body["detail"].lower()) == (409, True)
    assert here.trigger("shelved").code == 200


def test_sharing_needs_the_right_to_share(here: Space) -> None:
    spec = {"sharing": {"visibility": "Private"}}

    with pytest.raises(kubectl.Refused, match="workflows/share"):
        merge(here, "workflow.sluice.dev/hello", spec, account="caller")

    merge(here, "workflow.sluice.dev/hello", {"title": "Hello"}, account="caller")
    merge(here, "workflow.sluice.dev/hello", {"sharing": {"visibility": "Shared"}})
