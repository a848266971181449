"""A run from the wire through the engine and back, with templates left as they stand."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from pydantic import JsonValue

from sluice_core import definition, wire
from sluice_runner.actions.action import StepFailed
from sluice_runner.execution import make_execute, make_http
from sluice_runner.server.attempt import Attempt
from testkit import runner_server
from testkit.runner_server import a_request

RAW = orjson.dumps({"steps": [{"name": "shape", "action": "transform", "with": {"template": "x"}}]})


class Verbatim:
    """A renderer without templates."""

    async def render(
        self,
        value: JsonValue,
        context: Mapping[str, JsonValue],  # noqa: ARG002 - the port's
        root: str,  # noqa: ARG002
    ) -> JsonValue:
        return value


async def test_a_run_of_one_step_is_carried_out_and_told(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        http = make_http((), private=False, stack=stack)
        execute = make_execute(Verbatim(), http, {})

        async def work(attempt: Attempt[bytes]) -> None:
            await execute(
                Attempt(
                    attempt.request,
                    definition.decode(attempt.definition),
                    attempt.record,
                    lambda _attempt, what: attempt.emit(what),
                    lambda _attempt, request: attempt.settle(attempt, request),
                )
            )

        async with runner_server.running(tmp_path, work) as server, server.events() as events:
            name = sha256(RAW).hexdigest()
            await server.send("PUT", f"/definitions/{name}", RAW)
            await server.dispatch(a_request("a", definition=name))
            seen = await events.until_end("a")

    types = [event.what.type for event in seen]
    assert types == ["accepted", "step.started", "step.finished", "finished"]
    assert isinstance(seen[-1].what, wire.Finished)
    assert (seen[-1].what.phase, seen[-1].what.output) == ("Succeeded", "x")


async def test_all_steps_share_one_client_which_is_closed_in_the_end() -> None:
    async with AsyncExitStack() as stack:
        http = make_http(("10.0.0.0/8",), private=True, stack=stack)
        first, second = http(None), http(None)
        open_before = not first.is_closed

    assert first is second
    assert open_before
    assert first.is_closed


async def test_a_credential_without_a_value_fails_the_step() -> None:
    async with AsyncExitStack() as stack:
        http = make_http((), private=True, stack=stack)

        with pytest.raises(StepFailed, match="warehouse") as failed:
            http("warehouse")

    assert failed.value.reason == "CredentialMissing"
