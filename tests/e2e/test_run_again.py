"""A failed run goes on from its failed step: by its settings, and as a run that resumes it."""

from typing import Any

import pytest

from testkit.e2e.flows import a_post, a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition


def a_flaky_workflow(name: str, recorder: str, failures: int, **fields: Any) -> Manifest:
    """A post, then a PUT that is answered 503 so often."""
    host = recorder.removeprefix("http://")
    step = a_step("flaky", "http.put", url=f"{recorder}/fails-{failures}/{name}", json={})
    return a_workflow(
        name,
        a_post("before", f"{recorder}/{name}"),
        step | fields.pop("step", {}),
        egress={"allow": [f"{host}:80"]},
        **fields,
    )


def test_a_step_that_succeeds_the_third_time(recorded: Space) -> None:
    retry = {"limit": 3, "backoffSeconds": 1}
    recorded.deploy(a_flaky_workflow("third", recorded.recorder(), 2, step={"retry": retry}))

    status = recorded.ended(recorded.create_run("third"))

    assert (status["phase"], status["attempt"]) == ("Succeeded", 1)
    assert [step["attempts"] for step in status["steps"]] == [1, 3]
    assert recorded.posted()["/fails-2/third"] == 3


def test_a_run_that_succeeds_at_its_third_attempt(recorded: Space) -> None:
    settings = {"retry": {"limit": 3, "backoffSeconds": 1}}
    recorded.deploy(a_flaky_workflow("again", recorded.recorder(), 2, settings=settings))

    status = recorded.ended(recorded.create_run("again"))

    posted = recorded.posted()
    assert (status["phase"], status["attempt"], status["retries"]) == ("Succeeded", 3, 2)
    assert (posted["/again/before"], posted["/fails-2/again"]) == (1, 3)


def test_a_test_run_is_not_tried_again(recorded: Space) -> None:
    settings = {"retry": {"limit": 3, "backoffSeconds": 1}}
    recorded.deploy(a_flaky_workflow("tested", recorded.recorder(), 2, settings=settings))

    status = recorded.ended(recorded.create_run("tested", trigger={"type": "Test"}))

    assert (status["phase"], status["attempt"]) == ("Failed", 1)


@pytest.fixture(scope="module")
def failed(recorded: Space) -> str:
    """A run whose second step failed; the next time it would succeed."""
    recorded.deploy(a_flaky_workflow("resumed", recorded.recorder(), 1))
    name = recorded.create_run("resumed", inputs={"day": 1})
    assert recorded.ended(name)["phase"] == "Failed"
    return name


def test_a_run_resumes_another_after_its_last_finished_step(recorded: Space, failed: str) -> None:
    status = recorded.ended(recorded.create_run("resumed", resumeFrom=failed))

    posted = recorded.posted()
    assert (status["phase"], len(status["steps"])) == ("Succeeded", 2)
    assert (posted["/resumed/before"], posted["/fails-1/resumed"]) == (1, 2)


def test_what_cannot_be_resumed_says_why(recorded: Space, failed: str) -> None:
    nowhere = recorded.ended(recorded.create_run("resumed", resumeFrom="nowhere"))
    others = recorded.ended(recorded.create_run("resumed", resumeFrom=failed, inputs={"day": 2}))

    shown = [condition({"status": status}, "Succeeded") for status in (nowhere, others)]
    assert [one["reason"] for one in shown] == ["ResumeRefused", "ResumeRefused"]
    assert "no run nowhere" in shown[0]["message"]
    assert "other inputs" in shown[1]["message"]


def test_a_definition_of_its_own_may_use_no_more_than_the_version(recorded: Space) -> None:
    recorded.deploy(a_workflow("narrow", a_step("say", "log", message="x")))
    steps = [a_step("mine", "log", message="y"), a_step("two", "log", message="z")]
    good = recorded.create_run("narrow", definition={"steps": steps})
    wide = recorded.create_run("narrow", definition={"steps": [a_post("out", "https://x.example")]})

    done, refused = recorded.ended(good), recorded.ended(wide)

    shown = condition({"status": refused}, "Succeeded")
    assert [step["name"] for step in done["steps"]] == ["mine", "two"]
    assert (refused["phase"], shown["reason"]) == ("Failed", "Invalid")
    assert "http.post" in shown["message"]
