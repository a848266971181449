"""The API server goes away while a run is going on: nothing of it is lost, and nobody restarts."""

import sys

import pytest

from cluster import layout, place
from cluster.commands import run
from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_long_workflow
from testkit.e2e.space import Space

TESTS = str(layout.ROOT / "tests")


@pytest.mark.skipif(place.here() != "own", reason="only our own cluster's may be killed")
def test_a_run_goes_on(recorded: Space) -> None:
    release.available()
    recorded.deploy(a_long_workflow("steady", recorded.recorder(), 3))
    before = restarts()
    name = recorded.create_run("steady")
    recorded.see_post("/steady/before")

    run(sys.executable, "-m", "cluster", "restart", "apiserver", env={"PYTHONPATH": TESTS})
    status = recorded.ended(name, 60)

    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert recorded.posted()["/steady/before"] == recorded.posted()["/steady/after"] == 1
    assert recorded.trigger("steady").code == 200
    assert restarts() == before


def restarts() -> dict[str, int]:
    """How often the containers of operator and gateway were started again, by pod."""
    found = [*release.component("operator"), *release.component("gateway")]
    return {
        pod["metadata"]["name"]: kubectl_restarts(pod)
        for pod in found
        if "deletionTimestamp" not in pod["metadata"]
    }


def kubectl_restarts(pod: kubectl.Manifest) -> int:
    """The column RESTARTS."""
    return sum(int(one["restartCount"]) for one in pod["status"]["containerStatuses"])
