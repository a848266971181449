"""Changes of objects set workflows off, once the workflow's account may see them."""

import json
from collections import Counter
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

SHOWN = "{{ inputs.object.data.eur | default('none') }}"


@pytest.fixture(scope="module", autouse=True)
def _deployed(here: Space) -> None:
    """A workflow for the objects of a shop, which may not see them yet."""
    selector = {"matchLabels": {"app": "shop"}}
    watched = {"apiVersion": "v1", "kind": "ConfigMap", "labelSelector": selector}
    step = a_step("show", "transform", template={"price": SHOWN})
    trigger = {"name": "changed", "resource": watched}
    here.deploy(a_workflow("prices", step, triggers=[trigger]))


def test_it_says_that_the_account_may_not_watch_and_how_to_permit_it(here: Space) -> None:
    change(here, "eur", "1")

    shown = kubectl.see(here.namespace, "workflows", "prices", lambda it: bool(watching(it)), 30)

    told = watching(shown)
    assert (told["status"], told["reason"]) == ("False", "AccountForbidden")
    assert told["message"].startswith("triggers[0].resource: ")
    for command in told["message"].split(": ", 2)[2].split(" && "):
        kubectl.run(*command.removeprefix("kubectl ").split())
    kubectl.see(
        here.namespace, "workflows", "prices", lambda it: watching(it)["status"] == "True", 60
    )
    assert not changes(here)


def test_an_object_makes_a_run_for_each_of_its_changes(here: Space) -> None:
    change(here, "usd", "2")
    until("the run", lambda: changes(here) == {"Added ConfigMap/usd": 1}, 30)
    change(here, "usd", "3")
    until("the run", lambda: changes(here)["Modified ConfigMap/usd"] == 1, 30)
    here.kubectl("delete", "configmap", "usd")
    until("the run", lambda: changes(here)["Deleted ConfigMap/usd"] == 1, 30)

    until("their ends", lambda: prices(here) == ["2", "3", "none"], 30)


def test_another_leader_makes_no_run_again_and_goes_on(here: Space) -> None:
    before = changes(here)
    leader = release.leader()

    kubectl.run("-n", release.NAMESPACE, "delete", "pod", leader, "--grace-period=0", "--force")
    change(here, "eur", "4")
    until("the run", lambda: changes(here) == before + Counter(["Modified ConfigMap/eur"]), 60)

    release.available()


def change(here: Space, name: str, price: str) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": "shop"}},
        "data": {"eur": price},
    }
    here.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def watching(workflow: Manifest) -> Any:
    conditions = workflow.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == "Triggers"), None)


def runs(here: Space) -> list[Manifest]:
    return kubectl.items("-n", here.namespace, "workflowruns.sluice.dev")


def changes(here: Space) -> Counter[str]:
    """What there are runs of."""
    return Counter(
        f"{one['spec']['inputs']['change']} {one['spec']['trigger']['source']}"
        for one in runs(here)
    )


def prices(here: Space) -> list[str]:
    """What ended runs have seen."""
    ended = [one["status"] for one in runs(here) if "output" in one.get("status", {})]
    return sorted(str(one["output"]["price"]) for one in ended)
