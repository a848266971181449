"""container: what the operator is asked for, and what its reply means to the step."""

from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

from sluice_core import wire
from sluice_core.catalog import CATALOG
from sluice_core.definition import Definition
from sluice_runner.actions.action import StepFailed
from sluice_runner.engine import Job
from testkit.builders import an_action
from testkit.contexts import a_context, call
from testkit.runs import World

DONE: dict[str, JsonValue] = {"job": "etl-1", "exitCode": 0, "output": {"n": 1}, "log": ["hi"]}


class Operator:
    """Gives one reply, and remembers what it was asked and what the step logged."""

    def __init__(self, reply: JsonValue) -> None:
        self.reply = reply
        self.asked: list[tuple[str, dict[str, JsonValue]]] = []
        self.lines: list[str] = []

    async def run(self, **given: Any) -> Any:
        async def ask(kind: str, body: dict[str, JsonValue]) -> JsonValue:
            self.asked.append((kind, body))
            return self.reply

        context = a_context(ask=ask, log=lambda _, line: self.lines.append(line))
        return await call("container", context, image="tool:1", **given)


async def test_the_operator_is_asked_for_a_job_of_the_steps_key() -> None:
    operator = Operator(DONE)

    done = await operator.run(args=["-n", 3, True], env={"N": 7}, timeoutSeconds=5)

    [(kind, body)] = operator.asked
    asked = wire.ContainerJob.model_validate(body)
    assert (kind, asked.image, asked.key, asked.timeout_seconds) == ("Job", "tool:1", "uid/step", 5)
    assert (asked.args, asked.env) == (("-n", "3", "true"), {"N": "7"})
    assert (done.output, done.port) == ({"n": 1}, "output")
    assert operator.lines == ["hi"]


FAILURES: dict[str, tuple[dict[str, JsonValue], str, str, str]] = {
    "an exit code, with its last line": (
        {"exitCode": 3, "reason": "Error", "log": ["a", "no such file"]},
        "Permanent", "ContainerFailed", "ended with exit code 3: no such file",
    ),
    "an exit code, with its termination message": (
        {"exitCode": 1, "message": "disk full", "log": ["a"]},
        "Permanent", "ContainerFailed", "ended with exit code 1: disk full",
    ),
    "too little memory": (
        {"exitCode": 137, "reason": "OOMKilled"},
        "Permanent", "ContainerFailed", "exit code 137 (OOMKilled): it wrote no log",
    ),
    "its time is over": (
        {"exitCode": 137, "reason": "DeadlineExceeded", "log": ["still working"]},
        "Timeout", "ContainerTimeout", "took longer than 600 s: still working",
    ),
    "it ended well at the last moment, and too late": (
        {"exitCode": 0, "reason": "DeadlineExceeded"},
        "Timeout", "ContainerTimeout", "took longer than 600 s",
    ),
    "its node is gone": (
        {"reason": "Evicted", "message": "low on memory"},
        "Transient", "ContainerLost", "did not come to its end: Evicted: low on memory",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "failure", "reason", "said"), FAILURES.values(), ids=FAILURES)
async def test_how_it_fails(
    reply: dict[str, JsonValue], failure: str, reason: str, said: str
) -> None:
    operator = Operator({"job": "etl-1", **reply})

    with pytest.raises(StepFailed, match="container") as failed:
        await operator.run()

    assert (failed.value.failure, failed.value.reason) == (failure, reason)
    assert said in failed.value.message
    assert operator.lines == reply.get("log", [])


WRONG = {
    "no image": {"image": ""},
    "a variable that is no name": {"image": "x", "env": {"A=B": "c"}},
    "an argument that is no text": {"image": "x", "args": [{"a": 1}]},
    "a quantity that is none": {"image": "x", "resources": {"limits": {"memory": "much"}}},
    "no time": {"image": "x", "timeoutSeconds": 0},
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_what_it_does_not_take(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CATALOG["container"].params.model_validate(given)


async def test_an_action_of_the_users_own_may_be_a_container() -> None:
    spec = {
        "container": {
            "image": "resize:2",
            "args": ["--width", "{{ config.width }}"],
            "env": [{"name": "NAME", "value": "{{ config.name }}"}],
        },
        "result": {"file": "{{ response.output.n }}", "of": "{{ config.name }}"},
        "ports": [{"name": "small", "when": "{{ response.output.n < 5 }}"}, {"name": "large"}],
        "timeoutSeconds": 30,
    }
    definition = Definition.model_validate(
        {
            "steps": [{"name": "s", "action": "resize", "with": {"width": 9, "name": "a $(B)"}}],
            "actions": {"resize": an_action("resize", **spec).spec},
        }
    )
    world = World()
    world.replies = [DONE]

    end = await world.run(
        Job(uid="u", name="r", namespace="n", workflow="w", revision=1, definition=definition)
    )

    [(step, kind, body)] = world.asked
    assert (step, kind, body["image"], body["timeoutSeconds"]) == ("s", "Job", "resize:2", 30)
    assert (body["args"], body["env"]) == (["--width", "9"], {"NAME": "a $(B)"})
    assert (end.output, world.ended["s"].port) == ({"file": 1, "of": "a $(B)"}, "small")
