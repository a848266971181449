"""A workflow that is applied runs when its Service is called, and leaves a run with its result."""

import pytest

from cluster.waiting import until
from testkit.e2e import account_writes, kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space, condition

RUNS = 5


@pytest.fixture(scope="module", autouse=True)
def _hello(here: Space) -> None:
    here.deploy(a_greeting())


def test_a_workflow_says_that_it_is_up_and_where(here: Space) -> None:
    workflow = here.workflow("hello")

    status = workflow["status"]
    assert {kind: condition(workflow, kind)["status"] for kind in ("Valid", "Ready", "Active")} == {
        "Valid": "True",
        "Ready": "True",
        "Active": "True",
    }
    assert status["deploymentStatus"] == "Running"
    assert status["url"] == f"http://workflow-hello.{here.namespace}.svc.cluster.local/trigger"


def test_its_service_answers_with_the_result(here: Space) -> None:
    answer = here.trigger("hello", {"name": "Ada"})

    assert answer.code == 200, answer.body
    assert answer.body["status"] == "succeeded"
    assert answer.body["output"] == {"greeting": "Hello, Ada!"}


def test_the_short_name_of_the_service_means_the_callers_namespace(here: Space) -> None:
    body = {"inputs": {"name": "Ada"}, "sync": True}

    answer = here.call("http://workflow-hello/trigger", body)

    assert (answer.code, answer.body["output"]) == (200, {"greeting": "Hello, Ada!"})


def test_the_run_stays_with_its_steps(here: Space) -> None:
    answer = here.trigger("hello", {"name": "Grace"})

    run = here.run(answer.body["execution_id"])
    [step] = run["status"]["steps"]
    assert run["spec"]["inputs"] == {"name": "Grace"}
    assert run["status"]["phase"] == "Succeeded"
    assert run["status"]["runner"] == here.runner("hello")["metadata"]["name"]
    assert run["status"]["output"] == {"greeting": "Hello, Grace!"}
    assert (step["name"], step["phase"]) == ("greet", "Succeeded")
    assert condition(run, "Succeeded")["status"] == "True"


def test_a_short_run_costs_two_writes(here: Space) -> None:
    def total() -> tuple[int, int]:
        return creates(), statuses()

    here.trigger("hello", {"name": "warm"})

    with (
        account_writes.counted("sluice-gateway", here.namespace) as creates,
        account_writes.counted("sluice-operator", here.namespace) as statuses,
    ):
        for _ in range(RUNS):
            assert here.trigger("hello", {"name": "Ada"}).code == 200
        until("they are counted", lambda: min(total()) >= RUNS, 5)
        made = total()

    assert made == (RUNS, RUNS)


def test_a_run_that_kubectl_creates_is_executed(here: Space) -> None:
    name = here.create_run("hello", inputs={"name": "kubectl"})

    status = here.ended(name)

    assert status["output"] == {"greeting": "Hello, kubectl!"}


def test_a_change_makes_a_version_that_the_next_run_has(here: Space) -> None:
    runner = here.runner("hello")["metadata"]["uid"]
    changed = a_greeting()
    changed["spec"]["steps"][0]["with"]["template"] = {"greeting": "Good day, {{ inputs.name }}."}

    here.apply(changed)
    kubectl.wait(here.namespace, "workflow/hello", "jsonpath={.status.version}=2")
    answer = here.trigger("hello", {"name": "Ada"})

    assert answer.body["output"] == {"greeting": "Good day, Ada."}
    assert here.run(answer.body["execution_id"])["status"]["revision"] == 2
    assert here.runner("hello")["metadata"]["uid"] == runner, "an edit rolls no pod"
