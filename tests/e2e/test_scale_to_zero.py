"""A runner that sleeps costs no pod; a trigger wakes it, and nothing that comes then is lost."""

import pytest

from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space, condition

ON_DEMAND = {"policy": "OnDemand"}
REQUESTS = 1000


@pytest.fixture(scope="module", autouse=True)
def _asleep(here: Space) -> None:
    here.apply(a_greeting(lifecycle=ON_DEMAND, runner={"concurrency": 50}))
    here.is_at("hello", "Stopped")


def test_asleep_it_has_no_pod_and_is_ready_for_runs(here: Space) -> None:
    seen = here.is_at("hello", "Stopped")

    assert seen["status"]["stoppedReason"] == "OnDemand"
    assert (condition(seen, "Ready")["status"], condition(seen, "Ready")["reason"]) == (
        "True",
        "Asleep",
    )
    assert condition(seen, "Active")["status"] == "False"
    assert here.pods("hello") == []


def test_a_trigger_wakes_it_and_it_falls_asleep_again(here: Space) -> None:
    here.is_at("hello", "Stopped")

    answer = here.trigger("hello", {"name": "Ada"})

    assert (answer.code, answer.body["output"]) == (200, {"greeting": "Hello, Ada!"})
    here.is_at("hello", "Stopped", 90)
    assert {"Starting", "Running", "Stopping", "Stopped"} <= set(here.events("hello"))


def test_a_run_that_comes_while_it_goes_to_sleep_is_not_lost(here: Space) -> None:
    assert here.trigger("hello", {"name": "Ada"}).code == 200
    here.is_at("hello", "Stopping")

    status = here.ended(here.create_run("hello", inputs={"name": "Eve"}))

    assert (status["phase"], status["output"]) == ("Succeeded", {"greeting": "Hello, Eve!"})
    assert status["attempt"] == 1


def test_a_thousand_requests_at_zero_have_a_thousand_results(here: Space) -> None:
    here.is_at("hello", "Stopped", 90)
    names = [f"caller {number}" for number in range(REQUESTS)]

    answers = here.trigger_many("hello", [{"name": name} for name in names], at_once=50)

    greetings = [answer["output"]["greeting"] for answer in answers]
    assert greetings == [f"Hello, {name}!" for name in names]
    assert len({answer["execution_id"] for answer in answers}) == REQUESTS
