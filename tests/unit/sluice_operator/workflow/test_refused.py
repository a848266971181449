"""A workflow that is wrong or not permitted: nothing is made for it, and what it had may go."""

from typing import Any

import pytest

from sluice_operator.workflow.observed import Child, Demand, Observed
from sluice_operator.workflow.reconcile import reconcile
from testkit.builders import a_step, a_workflow
from testkit.seen import a_child, a_pod, observed

RUNNER = "workflow-daily-etl"
CYCLE = (a_step("a", needs=["b"]), a_step("b", needs=["a"]))
ALWAYS = {"policy": "AlwaysOn"}
NOWHERE = {
    "policy": "ScheduledWindow",
    "window": {
        "timeZone": "Mars/Olympus",
        "windows": [{"days": [0], "startTime": "09:00", "endTime": "17:00"}],
    },
}


def wrong(*, live: int = 1, begun: int = 0, ready: bool = True, **spec: Any) -> Observed:
    """Its last edit was wrong; until then its runner had so many pods."""
    deployment = a_child("Deployment", RUNNER)
    for manifest in deployment.values():
        manifest["spec"] = {"replicas": live}
    return observed(
        a_workflow(steps=CYCLE, **{"lifecycle": ALWAYS} | spec),
        children=deployment | a_child("Service", RUNNER),
        pods=(a_pod(ready=ready),) if live else (),
        demand=Demand(begun=begun),
    )


DEPLOYMENT, SERVICE = Child("Deployment", RUNNER), Child("Service", RUNNER)
CASES: dict[str, tuple[Observed, set[Child], str, str | None]] = {
    "up by its policy: it stays as it is": (wrong(), set(), "Running", None),
    "its pod does not get ready": (wrong(ready=False), set(), "Starting", None),
    "idle: it goes": (
        wrong(lifecycle={"policy": "OnDemand"}), {DEPLOYMENT}, "Stopping", "OnDemand",
    ),
    "suspended: it goes": (wrong(replicas=0), {DEPLOYMENT}, "Stopping", "Suspended"),
    "and runs have begun: they are finished first": (
        wrong(replicas=0, begun=1), set(), "Running", None,
    ),
    "a draft: it goes with its address": (
        wrong(state="Draft"), {DEPLOYMENT, SERVICE}, "Stopping", None,
    ),
    "asleep: it sleeps on": (wrong(replicas=0, live=0), set(), "Stopped", "Suspended"),
    "in a zone that does not exist: it stays": (wrong(lifecycle=NOWHERE), set(), "Running", None),
}  # fmt: skip


@pytest.mark.parametrize(("seen", "surplus", "shown", "stopped"), CASES.values(), ids=CASES)
def test_what_it_had(seen: Observed, surplus: set[Child], shown: str, stopped: str | None) -> None:
    desired = reconcile(seen)

    assert desired.objects == ()
    assert set(desired.surplus) == surplus
    assert (desired.status["deploymentStatus"], desired.status.get("stoppedReason")) == (
        shown,
        stopped,
    )


def test_it_is_looked_at_again_when_its_policy_would_close_it() -> None:
    seen = wrong(lifecycle={"policy": "IdleShutdown"}, begun=1)

    size = reconcile(seen).size

    assert size is not None
    assert size.recheck_at is not None
