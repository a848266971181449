"""What a step's credential does before its action begins."""

from typing import Any

from pydantic import JsonValue

from sluice_core import credentials, wire
from sluice_core.catalog import ActionType, Params
from sluice_core.credentials import Credential
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from testkit.runs import World, a_job


class SendParams(Params):
    to: str
    subject: str = "none"


def a_sender(*types: str) -> Action:
    async def run(params: SendParams, ctx: Context) -> Done:
        used = ctx.credential()
        return Done(output=[params.to, params.subject, used.type if used else None])

    row = ActionType(
        name="send",
        title="send",
        category="test",
        role="delivers",
        params=SendParams,
        sample={},
        credentials=types,
    )
    return Action(row, run)


async def outcome(
    action: Action, given: Credential | StepFailed, **with_: JsonValue
) -> wire.StepFinished:
    def read(_: str) -> Credential:
        if isinstance(given, StepFailed):
            raise given
        return given

    world = World(action)
    step: dict[str, Any] = {"name": "s", "action": "send", "credential": "mine", "with": with_}
    await world.run(a_job(step), credential=read)
    return world.ended["s"]


DEFAULTS: dict[str, JsonValue] = {"to": "ops@example.com", "subject": "ours", "color": "red"}
WITH_DEFAULTS = credentials.HttpBearer(token="t0ken", defaults=DEFAULTS)


async def test_its_defaults_fill_in_what_the_step_leaves_out() -> None:
    told = await outcome(a_sender("HttpBearer"), WITH_DEFAULTS, subject="mine")

    assert told.output == ["ops@example.com", "mine", "HttpBearer"]


async def test_what_the_step_was_given_is_told_without_them() -> None:
    told = await outcome(a_sender("HttpBearer"), WITH_DEFAULTS, subject="of {{ run.name }}")

    assert told.rendered_output == '{"subject":"of r1"}'


async def test_one_of_another_type_fails_the_step_and_names_those_that_it_takes() -> None:
    told = await outcome(a_sender("HttpBasic", "Webhook"), WITH_DEFAULTS, to="x")

    assert told.error is not None
    assert (told.error.failure, told.error.reason) == ("Permanent", "CredentialInvalid")
    assert "send takes credentials of type HttpBasic, Webhook; mine is of type HttpBearer" in (
        told.error.message
    )


async def test_one_that_is_missing_fails_the_step_before_its_action_begins() -> None:
    missing = StepFailed("Permanent", "CredentialMissing", "Secret x has no key token")

    told = await outcome(a_sender("HttpBearer"), missing)

    assert told.error is not None
    assert (told.error.reason, told.error.message) == (
        "CredentialMissing",
        "Secret x has no key token",
    )


async def test_an_action_that_takes_none_goes_without() -> None:
    missing = StepFailed("Permanent", "CredentialMissing", "never read")

    told = await outcome(a_sender(), missing, to="x")

    assert told.output == ["x", "none", None]
