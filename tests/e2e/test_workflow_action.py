"""An action of somebody's own: used by its name, pinned with a version, told when it is wrong."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition


@pytest.fixture(scope="module")
def name() -> Iterator[str]:
    """The kind is of the whole cluster."""
    made = f"e2e-{uuid.uuid4().hex[:8]}"
    yield made
    kubectl.run("delete", "workflowaction", made, "--ignore-not-found", "--wait=false")


def an_action(name: str, url: str, **spec: object) -> Manifest:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowAction",
        "metadata": {"name": name},
        "spec": {"http": {"url": url, "body": {"n": "{{ config.n }}"}}, **spec},
    }


def see(here: Space, workflow: str, reason: str) -> Manifest:
    return kubectl.see(
        here.namespace,
        "workflows",
        workflow,
        lambda it: condition(it, "Valid").get("reason") == reason,
    )


def test_it_is_used_by_its_name_as_soon_as_it_is_there(recorded: Space, name: str) -> None:
    host = recorded.recorder()
    flow = a_workflow(
        "own",
        a_step("call", name, n="{{ inputs.n }}"),
        egress={"allow": [f"{host.removeprefix('http://')}:80"]},
    )
    recorded.apply(flow)
    unknown = see(recorded, "own", "UnknownAction")

    result = {"said": "{{ response.body.recorded }}", "n": "{{ config.n }}"}
    kubectl.apply("default", an_action(name, f"{host}/first", result=result))
    recorded.ready("own")
    status = recorded.ended(recorded.create_run("own", inputs={"n": 7}))

    assert f"no action is named '{name}'" in condition(unknown, "Valid")["message"]
    assert (status["phase"], status["output"]) == ("Succeeded", {"said": True, "n": 7})
    assert recorded.posted()["/first"] == 1


def sluice(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sluice_cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_line_knows_it(recorded: Space, name: str, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(a_workflow("own", a_step("call", name, n=1))))

    shown = sluice("actions", name, "--cluster")
    here = sluice("lint", str(file))
    there = sluice("lint", str(file), "--cluster", "-n", recorded.namespace)

    assert shown.stdout.startswith(f"{name}  {name} (custom, transforms)"), shown.stderr
    assert (here.returncode, there.returncode) == (2, 0), there.stdout + there.stderr


def test_a_change_makes_a_version_and_older_ones_do_what_they_did(
    recorded: Space, name: str
) -> None:
    before = recorded.workflow("own")["status"]["version"]
    host = recorded.recorder()

    kubectl.apply("default", an_action(name, f"{host}/second"))
    kubectl.see(
        recorded.namespace,
        "workflows",
        "own",
        lambda it: it.get("status", {}).get("version", 0) > before,
    )
    now = recorded.ended(recorded.create_run("own", inputs={"n": 1}))
    older = recorded.ended(recorded.create_run("own", inputs={"n": 2}, revision=before))

    assert (now["phase"], older["phase"]) == ("Succeeded", "Succeeded")
    assert (recorded.posted()["/first"], recorded.posted()["/second"]) == (2, 1)


def test_one_that_is_wrong_says_so_and_so_do_its_workflows(recorded: Space, name: str) -> None:
    kubectl.apply("default", an_action(name, "https://example.com/{{ data.n }}"))

    invalid = see(recorded, "own", "UnknownAction")
    kubectl.run("wait", f"workflowaction/{name}", "--for=condition=Ready=false", "--timeout=20s")

    shown = condition(kubectl.read("workflowaction", name), "Ready")
    assert (shown["status"], shown["reason"]) == ("False", "InvalidTemplate")
    assert "http.url: there is no 'data'" in shown["message"]
    assert "http.url: there is no 'data'" in condition(invalid, "Valid")["message"]


def test_the_name_of_a_built_in_action_is_taken(installed: None) -> None:
    kubectl.apply("default", an_action("log", "https://example.com/"))
    try:
        kubectl.run("wait", "workflowaction/log", "--for=condition=Ready=false", "--timeout=20s")
        shown = condition(kubectl.read("workflowaction", "log"), "Ready")
    finally:
        kubectl.run("delete", "workflowaction", "log", "--wait=false")

    assert shown["reason"] == "NameTaken"


def test_the_business_catalogue_comes_and_goes_with_a_value_of_the_chart(installed: None) -> None:
    business = {
        "businessActions__enabled": "true",
        "businessActions__endpoint": "https://b.example",
    }

    release.install(**business)
    ours = ("workflowactions", "-l", "app.kubernetes.io/name=sluice")
    kubectl.run("wait", *ours, "--for=condition=Ready", "--timeout=30s")
    release.install(**business, logLevel="debug")
    there = {one["metadata"]["name"] for one in kubectl.items("workflowactions")}
    release.install()
    left = {one["metadata"]["name"] for one in kubectl.items("workflowactions")}

    assert {"create-invoice", "weekly-summary"} <= there
    assert not {"create-invoice", "weekly-summary"} & left
