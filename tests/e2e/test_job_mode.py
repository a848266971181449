"""With runner.mode Job each run has a pod, which ends with it; so have tests of a draft."""

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import NO_SUCH_IMAGE, Space, condition, is_running

JOB = {"mode": "Job"}


@pytest.fixture(scope="module", autouse=True)
def _flows(here: Space) -> None:
    here.deploy(
        a_greeting(runner=JOB),
        a_workflow("long", a_step("pause", "wait", seconds=20), runner=JOB),
    )


def jobs(here: Space, run: str) -> list[Manifest]:
    return kubectl.items("-n", here.namespace, "jobs", "-l", f"sluice.dev/run={run}")


def succeeded(job: Manifest) -> bool:
    return bool(job.get("status", {}).get("succeeded") == 1)


def test_without_runs_there_is_no_deployment_and_no_pod(here: Space) -> None:
    shown = here.is_at("hello", "Stopped")

    names = [one["metadata"]["name"] for one in kubectl.items("-n", here.namespace, "deployments")]
    assert (names, here.pods("hello")) == ([], [])
    assert (condition(shown, "Ready")["status"], condition(shown, "Ready")["reason"]) == (
        "True",
        "Job",
    )


def test_each_run_has_a_pod_which_ends_when_the_outcome_is_stored(here: Space) -> None:
    runs = [here.create_run("hello", inputs={"name": name}) for name in ("Ada", "Eve")]

    ended = [here.ended(run) for run in runs]

    assert [one["output"]["greeting"] for one in ended] == ["Hello, Ada!", "Hello, Eve!"]
    assert ended[0]["runner"] != ended[1]["runner"]
    for run in runs:
        until(f"the Job of {run}", lambda run=run: [*map(succeeded, jobs(here, run))] == [True], 30)
        [job] = jobs(here, run)
        assert job["metadata"]["ownerReferences"][0]["name"] == run


def test_a_pod_that_is_lost_is_followed_by_a_job_for_the_next_attempt(here: Space) -> None:
    run = here.create_run("long")
    here.see_run(run, is_running)
    [pod] = [one for one in here.pods("long") if one["metadata"]["labels"]["sluice.dev/run"] == run]

    here.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")

    status = here.ended(run, 90)
    assert (status["phase"], status["attempt"], status["runnerLosses"]) == ("Succeeded", 2, 1)
    assert len(jobs(here, run)) == 2


def test_cancelled_while_its_pod_cannot_start_it_takes_the_job_away(here: Space) -> None:
    here.apply(a_greeting("stuck", runner=JOB | {"image": NO_SUCH_IMAGE}))
    run = here.create_run("stuck", inputs={"name": "Ada"})
    waiting = here.see_run(
        run, lambda it: condition(it, "Succeeded").get("reason") == "RunnerFailed"
    )

    patch = '-p={"spec":{"cancel":true}}'
    here.kubectl("patch", f"workflowrun.sluice.dev/{run}", "--type=merge", patch)

    assert here.ended(run)["phase"] == "Cancelled"
    assert NO_SUCH_IMAGE in condition(waiting, "Succeeded")["message"]
    until("the Job is gone", lambda: jobs(here, run) == [], 30)


def test_a_pod_that_a_quota_refuses_is_told_in_its_words_and_comes_when_it_may(here: Space) -> None:
    full = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}}
    here.apply(full | {"spec": {"hard": {"pods": "0"}}})
    kubectl.wait(here.namespace, "resourcequota/full", "jsonpath={.status.hard.pods}=0")
    run = here.create_run("hello", inputs={"name": "Ada"})

    waiting = here.see_run(
        run, lambda it: condition(it, "Succeeded").get("reason") == "RunnerFailed"
    )
    shown = kubectl.see(
        here.namespace,
        "workflows",
        "hello",
        lambda it: condition(it, "Ready")["reason"] == "RunnerFailed",
    )
    here.kubectl("delete", "resourcequota", "full")

    assert "exceeded quota: full" in condition(waiting, "Succeeded")["message"]
    assert "exceeded quota: full" in condition(shown, "Ready")["message"]
    assert here.ended(run, 120)["phase"] == "Succeeded"
    here.is_at("hello", "Stopped", 90)


def test_a_run_whose_pod_finds_no_room_says_so_beside_one_that_works(here: Space) -> None:
    nodes = kubectl.items("nodes")
    most = max(millicores(one["status"]["allocatable"]["cpu"]) for one in nodes)
    wide = JOB | {"resources": {"requests": {"cpu": f"{most * 6 // 10}m"}}}
    here.apply(a_workflow("wide", a_step("pause", "wait", seconds=15), runner=wide))
    runs = [here.create_run("wide") for _ in range(len(nodes) + 1)]

    def shown(run: str) -> Manifest:
        return condition(here.run(run), "Succeeded")

    until("a run works", lambda: any(is_running(here.run(run)) for run in runs), 60)
    until("one says why not", lambda: any("Insufficient" in str(shown(run)) for run in runs), 30)

    assert {here.ended(run, 120)["phase"] for run in runs} == {"Succeeded"}


def millicores(quantity: str) -> int:
    return int(quantity[:-1]) if quantity.endswith("m") else int(quantity) * 1000


def test_a_test_of_a_draft_has_a_pod_and_leaves_nothing(here: Space) -> None:
    here.apply(a_greeting("draft", state="Draft"))
    here.is_at("draft", "NotDeployed")

    trigger = {"type": "Test"}
    tested = here.ended(here.create_run("draft", inputs={"name": "Ada"}, trigger=trigger))
    refused = here.ended(here.create_run("draft", inputs={"name": "Ada"}))

    assert (tested["phase"], tested["output"]) == ("Succeeded", {"greeting": "Hello, Ada!"})
    assert (refused["phase"], refused["conditions"][0]["reason"]) == ("Failed", "Draft")
    here.is_at("draft", "NotDeployed", 90)
