"""A graph of twenty steps with branches, loops and a join runs another workflow, and ends."""

from pathlib import Path

import yaml

from cluster import layout
from cluster.waiting import until
from testkit.e2e import kubectl
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.space import Space, is_running

ORDERS = Path(layout.ROOT) / "examples" / "orders.yaml"


def children(here: Space, parent: str) -> list[kubectl.Manifest]:
    """The runs that a run has made."""
    runs = kubectl.items("-n", here.namespace, "workflowruns.sluice.dev")
    return [
        run
        for run in runs
        if any(one["name"] == parent for one in run["metadata"].get("ownerReferences", []))
    ]


def test_the_example_of_twenty_steps(here: Space) -> None:
    here.deploy(*yaml.safe_load_all(ORDERS.read_text()))

    name = here.create_run("orders")
    status = here.ended(name)

    phases = {step["name"]: step["phase"] for step in status["steps"]}
    [child] = children(here, name)
    assert (status["phase"], len(phases)) == ("Succeeded", 20)
    left_out = {step for step, phase in phases.items() if phase == "Skipped"}
    assert left_out == {"no-review", "customs"}
    assert status["output"]["report"] == {
        "total": {"sum": 1155, "tax": 212.0},
        "split": {"home": 2, "abroad": 2},
        "filed": {"number": "F-1155", "review": ["c3"]},
    }
    trigger = child["spec"]["trigger"]
    assert (trigger["type"], trigger["source"]) == ("Api", name)
    assert child["status"]["phase"] == "Succeeded"


def test_cancelling_a_run_cancels_the_one_that_it_waits_for(here: Space) -> None:
    outer = a_workflow("outer", a_step("sub", "workflow.run", workflow="inner"))
    here.deploy(a_workflow("inner", a_step("pause", "wait", seconds=300)), outer)
    name = here.create_run("outer")
    here.see_run(name, is_running)
    child = _child(here, name)
    here.see_run(child, is_running)

    patch = '{"spec":{"cancel":true}}'
    here.kubectl("patch", f"workflowrun.sluice.dev/{name}", "--type=merge", "-p", patch)

    assert here.ended(name, 15)["phase"] == "Cancelled"
    assert here.ended(child, 15)["phase"] == "Cancelled"


def test_a_workflow_that_runs_itself_is_refused(here: Space) -> None:
    here.deploy(a_workflow("circle", a_step("sub", "workflow.run", workflow="circle")))

    name = here.create_run("circle")
    status = here.ended(name)

    assert status["phase"] == "Failed"
    assert "circle" in status["conditions"][0]["message"]
    assert children(here, name) == []


def _child(here: Space, parent: str) -> str:
    until("a child run", lambda: bool(children(here, parent)), 30)
    [child] = children(here, parent)
    name: str = child["metadata"]["name"]
    return name
