"""Runs of a workflow beside each other: refused, replaced or queued as the workflow has it."""

from typing import Any

from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition, is_running


def a_waiting_workflow(name: str, **concurrency: Any) -> Manifest:
    return a_workflow(name, a_step("pause", "wait", seconds=300), concurrency=concurrency)


def a_running_run(here: Space, workflow: str, **spec: Any) -> str:
    name = here.create_run(workflow, **spec)
    here.see_run(name, is_running)
    return name


def cancel(here: Space, name: str) -> None:
    patch = '{"spec":{"cancel":true}}'
    here.kubectl("patch", f"workflowrun.sluice.dev/{name}", "--type=merge", "-p", patch)


def test_forbid_refuses_the_second_and_names_the_first(here: Space) -> None:
    here.deploy(a_waiting_workflow("forbidding", policy="Forbid"))
    first = a_running_run(here, "forbidding")

    second = here.ended(here.create_run("forbidding"), 15)

    [shown] = second["conditions"]
    assert (second["phase"], shown["reason"]) == ("Failed", "ConcurrencyForbidden")
    assert first in shown["message"]
    assert is_running(here.run(first))
    cancel(here, first)


def test_replace_cancels_the_first_for_the_second(here: Space) -> None:
    here.deploy(a_waiting_workflow("replacing", policy="Replace"))
    first = a_running_run(here, "replacing")

    second = a_running_run(here, "replacing")

    status = here.ended(first, 15)
    [shown] = status["conditions"]
    assert (status["phase"], shown["reason"]) == ("Cancelled", "Replaced")
    assert second in shown["message"]
    cancel(here, second)


def test_queue_keeps_the_second_until_the_first_has_ended(here: Space) -> None:
    here.deploy(a_waiting_workflow("queueing", policy="Queue"))
    first = a_running_run(here, "queueing")
    second = here.create_run("queueing")
    waiting = here.see_run(second, lambda it: bool(condition(it, "Succeeded")))

    cancel(here, first)
    here.see_run(second, is_running, 15)

    assert condition(waiting, "Succeeded")["reason"] == "Queued"
    assert here.ended(first)["phase"] == "Cancelled"
    cancel(here, second)


def test_runs_are_counted_by_their_key(here: Space) -> None:
    here.deploy(a_waiting_workflow("keyed", policy="Forbid", key="inputs.customer"))
    ada = a_running_run(here, "keyed", inputs={"customer": "Ada"})
    bob = a_running_run(here, "keyed", inputs={"customer": "Bob"})

    again = here.ended(here.create_run("keyed", inputs={"customer": "Ada"}), 15)

    assert condition({"status": again}, "Succeeded")["reason"] == "ConcurrencyForbidden"
    cancel(here, ada)
    cancel(here, bob)


def test_a_run_that_follows_too_soon_is_refused(here: Space) -> None:
    flow = a_workflow(
        "spaced", a_step("say", "log", message="x"), concurrency={"minIntervalSeconds": 3600}
    )
    here.deploy(flow)
    first = here.create_run("spaced")
    here.ended(first)

    second = here.ended(here.create_run("spaced"))

    [shown] = second["conditions"]
    assert (second["phase"], shown["reason"]) == ("Failed", "RateLimited")
    assert first in shown["message"]
