"""To kubectl diff and Argo CD a workflow looks as it was applied, whatever Sluice did with it."""

import json

import pytest

from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space


@pytest.fixture(scope="module", autouse=True)
def _hello(here: Space) -> None:
    flow = a_greeting()
    flow["metadata"] |= {"labels": {"team": "shop"}, "annotations": {"example.com/note": "ours"}}
    here.deploy(flow)
    for _ in range(3):
        here.trigger("hello", {"name": "Ada"})


def applied(here: Space) -> kubectl.Manifest:
    flow = a_greeting()
    flow["metadata"] |= {
        "namespace": here.namespace,
        "labels": {"team": "shop"},
        "annotations": {"example.com/note": "ours"},
    }
    return flow


@pytest.mark.parametrize(
    "how",
    [(), ("--server-side", "--field-manager=argocd")],
    ids=["by the client", "by the server"],
)
def test_kubectl_diff_is_empty_after_runs(here: Space, how: tuple[str, ...]) -> None:
    manifest = json.dumps(applied(here))
    if how:
        here.kubectl("apply", *how, "--force-conflicts", "-f", "-", stdin=manifest)

    difference = here.kubectl("diff", *how, "-f", "-", stdin=manifest)

    assert difference == ""


def test_sluice_wrote_nothing_but_the_status(here: Space) -> None:
    workflow = kubectl.read(
        "-n", here.namespace, "workflow.sluice.dev/hello", "--show-managed-fields"
    )

    meta = workflow["metadata"]
    written = [set(it["fieldsV1"]) for it in meta["managedFields"] if it["manager"] == "sluice"]
    assert written == [{"f:status"}]
    assert meta["generation"] == 1
    assert meta["labels"] == {"team": "shop"}
    assert set(meta["annotations"]) <= {
        "example.com/note",
        "kubectl.kubernetes.io/last-applied-configuration",
    }


def test_children_do_not_bear_what_tracks_their_owner(here: Space) -> None:
    selector = "sluice.dev/workflow=hello"
    kinds = "deployments,services,serviceaccounts,configmaps,networkpolicies"
    children = kubectl.items("-n", here.namespace, kinds, "-l", selector)

    assert len(children) == 5
    assert all("team" not in one["metadata"]["labels"] for one in children)
    assert all("example.com/note" not in one["metadata"].get("annotations", {}) for one in children)


def test_a_child_that_was_changed_is_mended(here: Space) -> None:
    here.kubectl(
        "patch", "service", "workflow-hello", "-p", '{"spec":{"externalName":"evil.test"}}'
    )

    wanted = "sluice-gateway.sluice-system.svc.cluster.local"
    kubectl.wait(
        here.namespace, "service/workflow-hello", f"jsonpath={{.spec.externalName}}={wanted}"
    )


def test_a_child_that_was_deleted_is_made_again(here: Space) -> None:
    here.kubectl("delete", "deployment", "workflow-hello", "--cascade=foreground", "--timeout=60s")

    kubectl.run("-n", here.namespace, "wait", "--for=create", "deployment/workflow-hello")
    kubectl.wait(here.namespace, "deployment/workflow-hello", "jsonpath={.status.readyReplicas}=1")


def test_a_strangers_object_is_left_alone(here: Space) -> None:
    port = {"name": "http", "port": 80}
    here.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "workflow-taken"},
            "spec": {"selector": {"app": "mine"}, "ports": [port]},
        },
        a_greeting("taken"),
    )

    kubectl.wait(
        here.namespace,
        "workflow.sluice.dev/taken",
        'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=NameTaken',
    )

    theirs = kubectl.read("-n", here.namespace, "service/workflow-taken")
    assert theirs["spec"]["selector"] == {"app": "mine"}
    assert "ownerReferences" not in theirs["metadata"]
