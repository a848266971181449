"""What is deleted is gone, with all that was made for it; nothing waits for an operator."""

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl, release, space
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space, is_running

KINDS = (
    "deployments,replicasets,pods,services,serviceaccounts,configmaps,networkpolicies,"
    "controllerrevisions.apps,jobs"
)


LEAVING_SECONDS = 90  # Kubernetes itself looks every half minute whether its pods are gone


@pytest.fixture(scope="module", autouse=True)
def doomed(installed: None) -> str:
    """A namespace that is being deleted, with a run in the middle of a long wait."""
    made = space.make(client=False)
    made.deploy(a_workflow("long", a_step("pause", "wait", seconds=300)))
    made.see_run(made.create_run("long"), is_running)
    space.remove(made)
    return made.namespace


@pytest.fixture(scope="module", autouse=True)
def _hello(here: Space) -> None:
    here.deploy(a_greeting())


def test_nothing_of_ours_has_a_finalizer_or_blocks_its_owner(here: Space) -> None:
    here.trigger("hello", {"name": "Ada"})

    found = [*children(here, "hello"), *ours(here)]

    owners = [one for it in found for one in it["metadata"].get("ownerReferences", [])]
    assert {it["kind"] for it in found} > {"Workflow", "WorkflowRun", "Deployment", "Service"}
    assert [it for it in found if it["metadata"].get("finalizers")] == []
    assert not any(it.get("blockOwnerDeletion") for it in owners if it["kind"] == "Workflow")


def test_a_deleted_workflow_leaves_no_child(here: Space) -> None:
    here.deploy(a_greeting("short-lived"))
    assert children(here, "short-lived") != []

    here.kubectl("delete", "workflow.sluice.dev/short-lived", "--timeout=10s")

    until(
        "its children are gone",
        lambda: children(here, "short-lived") == [],
        release.COLLECTED_SECONDS,
    )


def test_a_run_goes_on_in_no_namesake(here: Space) -> None:
    here.deploy(a_workflow("again", a_step("pause", "wait", seconds=60)))
    here.create_run("again")

    here.kubectl("delete", "workflow.sluice.dev/again", "--timeout=10s")
    here.deploy(a_greeting("again"))

    assert here.trigger("again", {"name": "Ada"}).body["output"] == {"greeting": "Hello, Ada!"}


def test_a_run_that_is_deleted_ends_at_its_runner(here: Space) -> None:
    flow = a_workflow("single", a_step("pause", "wait", seconds=60), runner={"concurrency": 1})
    here.deploy(flow)
    first = here.create_run("single")
    here.see_run(first, is_running)
    second = here.create_run("single")

    here.kubectl("delete", f"workflowrun.sluice.dev/{first}", "--timeout=10s")

    here.see_run(second, is_running, 15)


def test_a_namespace_goes_with_runs_in_it(doomed: str) -> None:
    kubectl.run("wait", "--for=delete", f"namespace/{doomed}", f"--timeout={LEAVING_SECONDS}s")

    assert not kubectl.works("get", "namespace", doomed)


def children(here: Space, workflow: str) -> list[kubectl.Manifest]:
    """All that bears the workflow's label."""
    selector = f"sluice.dev/workflow={workflow}"
    return kubectl.items("-n", here.namespace, KINDS, "-l", selector)


def ours(here: Space) -> list[kubectl.Manifest]:
    """Workflows and runs."""
    return kubectl.items("-n", here.namespace, "workflows.sluice.dev,workflowruns.sluice.dev")
