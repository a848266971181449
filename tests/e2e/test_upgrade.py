"""The release is upgraded, removed and installed again: no run, no workflow is lost."""

import pytest

from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_greeting, a_long_workflow
from testkit.e2e.space import Space


@pytest.fixture(scope="module", autouse=True)
def _as_before() -> None:
    release.install()


def test_helm_test_passes() -> None:
    assert "Succeeded" in release.test()


def test_an_upgrade_of_operator_and_gateway_loses_no_run(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("long", recorded.recorder(), 8))
    name = recorded.create_run("long")
    recorded.see_post("/long/before")

    release.install(logLevel="debug")
    status = recorded.ended(name)

    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert recorded.posted() == {"/long/before": 1, "/long/after": 1}


def test_an_upgrade_that_rolls_the_runners_repeats_no_finished_step(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("rolled", recorded.recorder(), 8))
    name = recorded.create_run("rolled")
    recorded.see_post("/rolled/before")
    before = recorded.runner("rolled")["metadata"]["name"]

    release.install(runner__resources__limits__memory="500Mi")
    status = recorded.ended(name)
    kubectl.run(
        "-n", recorded.namespace, "rollout", "status", "deployment/workflow-rolled", "--timeout=60s"
    )

    assert status["phase"] == "Succeeded"
    assert recorded.posted()["/rolled/before"] == recorded.posted()["/rolled/after"] == 1
    assert recorded.runner("rolled")["metadata"]["name"] != before


def test_uninstalled_and_installed_again_workflows_are_there_and_run(recorded: Space) -> None:
    release.install()
    recorded.deploy(a_greeting())
    earlier = recorded.trigger("hello", {"name": "Ada"}).body["execution_id"]

    release.uninstall()
    left = recorded.workflow("hello")
    runner = recorded.runner("hello")
    waiting = recorded.create_run("hello", inputs={"name": "patience"})
    release.install()
    status = recorded.ended(waiting)

    assert left["spec"]["steps"][0]["name"] == "greet"
    assert recorded.run(earlier)["status"]["phase"] == "Succeeded"
    assert status["output"] == {"greeting": "Hello, patience!"}
    assert recorded.runner("hello")["metadata"]["uid"] == runner["metadata"]["uid"]
    assert recorded.trigger("hello", {"name": "Ada"}).code == 200
