"""`history` says how many ended runs stay; the oldest go, and those that have not ended never."""

from cluster.waiting import until
from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space, is_running


def test_the_newest_stays(here: Space) -> None:
    here.deploy(a_greeting(history={"successfulRuns": 1}))

    names = [here.trigger("hello", {"name": str(n)}).body["execution_id"] for n in range(3)]

    until("older runs are gone", lambda: runs(here, "hello") == names[-1:], 30)


def test_succeeded_and_failed_runs_are_counted_apart(here: Space) -> None:
    flow = a_workflow(
        "mixed",
        a_step("maybe", "transform", template="{{ 1 / (inputs.number | int) }}"),
        history={"successfulRuns": 1, "failedRuns": 2},
    )
    here.deploy(flow)

    good = [here.trigger("mixed", {"number": 1}).body["execution_id"] for _ in range(2)]
    bad = [here.trigger("mixed", {"number": 0}).body["execution_id"] for _ in range(3)]

    kept = sorted([good[1], *bad[1:]])
    until("one succeeded and two failed stay", lambda: sorted(runs(here, "mixed")) == kept, 30)


def test_a_run_that_goes_on_is_not_counted(here: Space) -> None:
    flow = a_workflow(
        "slow",
        a_step("pause", "wait", seconds="{{ inputs.seconds }}"),
        history={"successfulRuns": 0},
    )
    here.deploy(flow)
    going = here.create_run("slow", inputs={"seconds": 300})
    here.see_run(going, is_running)

    here.trigger("slow", {"seconds": 0})

    until("the ended one is gone", lambda: runs(here, "slow") == [going], 30)


def runs(here: Space, workflow: str) -> list[str]:
    """Names of the workflow's runs, oldest first."""
    found = kubectl.items(
        "-n",
        here.namespace,
        "workflowruns.sluice.dev",
        f"--field-selector=spec.workflow={workflow}",
        "--sort-by=.metadata.creationTimestamp",
    )
    return [one["metadata"]["name"] for one in found]
