"""Cron: each time makes one run, whoever leads; what was missed while paused is made up for."""

import json
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space

EVERY_MINUTE = "* * * * *"
MINUTE = timedelta(minutes=1)


def a_schedule(name: str, **schedule: Any) -> Manifest:
    trigger = {"name": "tick", "schedule": {"cron": EVERY_MINUTE, **schedule}}
    step = a_step("say", "log", message="it is {{ trigger.time }}")
    return a_workflow(name, step, triggers=[trigger])


@pytest.fixture(scope="module", autouse=True)
def _at_work(here: Space) -> None:
    """Two that run every minute, one of which is paused at once."""
    here.deploy(a_schedule("minutely"), a_schedule("paused", catchUp="All"))
    for name in ("minutely", "paused"):
        kubectl.see(here.namespace, "workflows", name, next_time)
    patch(here, "paused", {"state": "Paused"})


def test_each_minute_makes_one_run_though_the_leader_dies_around_it(here: Space) -> None:
    until("a run", lambda: bool(times(here, "minutely")), 75)
    before = len(times(here, "minutely"))
    until("the end of a minute", lambda: time.time() % 60 > 58, 61)

    leader = release.leader()
    kubectl.run("-n", release.NAMESPACE, "delete", "pod", leader, "--grace-period=0", "--force")
    until("the run of that minute", lambda: len(times(here, "minutely")) > before, 30)
    until("that of the next", lambda: len(times(here, "minutely")) > before + 1, 75)

    made = times(here, "minutely")
    moments = sorted(made)
    assert set(made.values()) == {1}
    assert moments[-1] - moments[0] == (len(moments) - 1) * MINUTE
    release.available()


def test_what_was_missed_while_paused_is_made_up_for(here: Space) -> None:
    assert not times(here, "paused")
    waiting = next_time(here.workflow("paused"))
    assert waiting is not None

    patch(here, "paused", {"state": "Active"})
    until("runs", lambda: len(times(here, "paused")) > 1, 30)

    made = times(here, "paused")
    assert min(made) == waiting
    assert set(made.values()) == {1}


def test_ended_runs_are_counted_in_the_workflows_health(here: Space) -> None:
    counted = kubectl.see(here.namespace, "workflows", "minutely", lambda it: total(it) >= 2, 90)

    assert counted["status"]["health"]["lastRunTime"]
    assert total(counted) <= len(times(here, "minutely"))


def test_a_disabled_one_has_no_next_time(here: Space) -> None:
    trigger = {"name": "tick", "enabled": False, "schedule": {"cron": EVERY_MINUTE}}

    patch(here, "minutely", {"triggers": [trigger]})
    shown = kubectl.see(
        here.namespace, "workflows", "minutely", lambda it: next_time(it) is None, 15
    )

    assert "nextRunTime" not in shown["status"]
    assert shown["status"]["triggers"][0]["lastTime"]


def next_time(workflow: Manifest) -> datetime | None:
    for one in workflow.get("status", {}).get("triggers", []):
        if "nextTime" in one:
            return datetime.fromisoformat(one["nextTime"])
    return None


def total(workflow: Manifest) -> int:
    hours = workflow.get("status", {}).get("health", {}).get("hours", [])
    return sum(one.get("total", 0) for one in hours)


def times(here: Space, workflow: str) -> Counter[datetime]:
    """The times for which there are runs."""
    selector = f"--field-selector=spec.workflow={workflow}"
    runs = kubectl.items("-n", here.namespace, "workflowruns.sluice.dev", selector)
    return Counter(datetime.fromisoformat(one["spec"]["trigger"]["time"]) for one in runs)


def patch(here: Space, workflow: str, spec: dict[str, Any]) -> None:
    said = json.dumps({"spec": spec})
    here.kubectl("patch", f"workflow.sluice.dev/{workflow}", "--type=merge", "-p", said)
