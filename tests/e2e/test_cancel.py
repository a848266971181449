"""A run that is cancelled ends at once, also in the middle of a wait."""

import time

import pytest

from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.space import Space, is_running

SECONDS = 2.0


@pytest.fixture(scope="module", autouse=True)
def _long(here: Space) -> None:
    here.deploy(
        a_workflow(
            "long",
            a_step("pause", "wait", seconds=300),
            a_step("after", "log", message="not reached"),
            runner={"concurrency": 4},
        )
    )


def a_running_run(here: Space) -> str:
    name = here.create_run("long")
    here.see_run(name, is_running)
    return name


def test_by_kubectl(here: Space) -> None:
    name = a_running_run(here)

    patch = '{"spec":{"cancel":true}}'
    here.kubectl("patch", f"workflowrun.sluice.dev/{name}", "--type=merge", "-p", patch)
    began = time.monotonic()
    status = here.ended(name, 10)

    assert time.monotonic() - began < SECONDS
    assert status["phase"] == "Cancelled"
    assert [step["name"] for step in status["steps"] if step["phase"] == "Succeeded"] == []


def test_by_rest(here: Space) -> None:
    name = a_running_run(here)

    answer = here.call(here.api(f"/runs/{name}/cancel"), {})
    began = time.monotonic()
    status = here.ended(name, 10)

    assert (answer.code, status["phase"]) == (202, "Cancelled")
    assert time.monotonic() - began < SECONDS
    assert here.call(here.api(f"/runs/{name}/cancel"), {}).code == 409


def test_its_slot_is_free_again(here: Space) -> None:
    names = [here.create_run("long") for _ in range(5)]
    for name in names[:4]:
        here.see_run(name, is_running)

    here.call(here.api(f"/runs/{names[0]}/cancel"), {})

    here.see_run(names[4], is_running, 10)


def test_while_it_waits_for_a_slot(here: Space) -> None:
    here.deploy(a_workflow("one", a_step("pause", "wait", seconds=300), runner={"concurrency": 1}))
    first = here.create_run("one")
    here.see_run(first, is_running)
    second = here.create_run("one")
    waiting = here.see_run(second, lambda it: it.get("status", {}).get("phase") == "Pending")

    here.call(here.api(f"/runs/{second}/cancel"), {})

    assert waiting["status"]["conditions"][0]["reason"] == "Queued"
    assert here.ended(second, 10)["phase"] == "Cancelled"
