"""Waiting runs scale a runner up; a surplus pod goes once it has no run, and interrupts none."""

import pytest

from cluster.waiting import until
from testkit.e2e import killing, release
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space, is_running

RUNNER = {"concurrency": 1, "maxReplicas": 3}
SECONDS = 20


@pytest.fixture(scope="module", autouse=True)
def _long(here: Space) -> None:
    pause = a_step("pause", "wait", seconds=f"{{{{ inputs.seconds | default({SECONDS}) }}}}")
    here.deploy(a_workflow("long", pause, runner=RUNNER), a_greeting("short"))


def test_runs_that_wait_get_pods_up_to_the_most_and_go_to_all_of_them(here: Space) -> None:
    assert len(here.pods("long")) == 1

    runs = [here.create_run("long") for _ in range(5)]

    ended = [here.ended(run, 120) for run in runs]
    assert {one["phase"] for one in ended} == {"Succeeded"}
    assert len({one["runner"] for one in ended}) == 3


def test_another_leader_takes_no_pod_from_a_run(here: Space) -> None:
    runs = [here.create_run("long", inputs={"seconds": 45}) for _ in range(3)]
    for run in runs:
        here.see_run(run, is_running)
    pods = _names(here)

    killing.kill_pod(release.NAMESPACE, release.leader())
    here.ended(here.create_run("short"), 60)  # by the new leader, which has looked at all by then

    assert (len(pods), _names(here)) == (3, pods)
    assert {here.ended(run, 90)["attempt"] for run in runs} == {1}
    release.available()


def _names(here: Space) -> list[str]:
    """Of the pods that are to stay."""
    found = [one["metadata"] for one in here.pods("long")]
    return sorted(one["name"] for one in found if "deletionTimestamp" not in one)


def test_the_surplus_goes_after_a_minute_but_no_pod_that_has_a_run(here: Space) -> None:
    long = here.create_run("long", inputs={"seconds": 90})

    until("one pod is left", lambda: len(here.pods("long")) == 1, 110)

    [pod] = here.pods("long")
    status = here.ended(long, 120)
    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert status["runner"] == pod["metadata"]["name"]
