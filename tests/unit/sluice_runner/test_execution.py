"""A run from the wire through the engine and back, with templates left as they stand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from pydantic import JsonValue

from sluice_core import definition, wire
from sluice_core.credentials import Credential
from sluice_runner.execution import Credentials, Outside, make_execute
from sluice_runner.redaction import MASK, Redactor
from sluice_runner.server.attempt import Attempt
from testkit import runner_server
from testkit.runner_server import Events, RunnerServer, a_request


class Verbatim:
    """A renderer without templates."""

    async def render(
        self,
        value: JsonValue,
        context: Mapping[str, JsonValue],  # noqa: ARG002 - the port's
        root: str,  # noqa: ARG002
    ) -> JsonValue:
        return value


def no_credentials(name: str) -> Credential:
    raise AssertionError(f"no step here uses a credential: {name}")


@asynccontextmanager
async def serving(
    keys: Path, credentials: Credentials = no_credentials, redactor: Redactor | None = None
) -> AsyncIterator[RunnerServer]:
    """A server whose runs are carried out by the engine."""
    redactor = redactor or Redactor()
    async with AsyncExitStack() as stack:
        execute = make_execute(
            lambda _: Verbatim(), Outside((), private=False, stack=stack), credentials, {}, redactor
        )

        async def work(attempt: Attempt[bytes]) -> None:
            await execute(replace(attempt, definition=definition.decode(attempt.definition)))

        yield await stack.enter_async_context(runner_server.running(keys, work))


async def dispatch(server: RunnerServer, step: dict[str, Any], **fields: Any) -> None:
    raw = orjson.dumps({"steps": [step]})
    name = sha256(raw).hexdigest()
    await server.send("PUT", f"/definitions/{name}", raw)
    await server.dispatch(a_request("a", definition=name, **fields))


async def test_a_run_of_one_step_is_carried_out_and_told(tmp_path: Path) -> None:
    step = {"name": "shape", "action": "transform", "with": {"template": "x"}}
    async with serving(tmp_path) as server, server.events() as events:
        await dispatch(server, step)
        seen = await events.until_end("a")

    types = [event.what.type for event in seen]
    assert types == ["accepted", "step.started", "step.finished", "finished"]
    assert isinstance(seen[-1].what, wire.Finished)
    assert (seen[-1].what.phase, seen[-1].what.output) == ("Succeeded", "x")


CHILD = {"name": "bill", "action": "workflow.run", "with": {"workflow": "invoice"}}


async def asked_of(events: Events) -> wire.Request:
    while not isinstance(what := (await events.next()).what, wire.Request):
        pass
    return what


async def reply(server: RunnerServer, asked: wire.Request, epoch: int = 1, **fields: Any) -> int:
    answer = wire.Reply.model_validate({"attempt": 1, "request": asked.request, **fields})
    headers = {wire.HEADER_EPOCH: str(epoch)}
    code, _ = await server.send("POST", "/runs/a/replies", answer, headers=headers)
    return code


async def test_a_child_run_is_asked_for_on_the_stream_and_its_reply_ends_the_step(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as server, server.events() as events:
        await dispatch(server, CHILD)
        asked = await asked_of(events)

        value = {"run": "invoice-1", "phase": "Succeeded", "output": 17}
        await reply(server, asked, ok=True, value=value)
        *_, last = await events.until_end("a")

    assert (asked.step, asked.kind, asked.body["key"]) == ("bill", "ChildRun", "a/bill")
    assert isinstance(last.what, wire.Finished)
    assert last.what.output == {**value, "truncated": False}


async def test_a_later_leader_finds_what_was_asked_and_is_told_of_it_no_more_once_it_replied(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as server:
        async with server.events() as events:
            await dispatch(server, CHILD)
            await asked_of(events)
        await server.acknowledge("a", through=99)

        async with server.events(epoch=2) as events:
            again = await asked_of(events)
            refusal = {"ok": False, "failure": "Transient", "reason": "Busy", "message": "later"}
            await reply(server, again, epoch=2, **refusal)
            *_, last = await events.until_end("a")
        kept = [line for _, line in server.served.journal.since(0) if b'"request"' in line]

    assert isinstance(last.what, wire.Finished)
    assert (last.what.phase, last.what.message) == ("Failed", "step bill: later")
    assert kept == []


async def test_a_child_that_would_come_back_to_this_workflow_is_not_asked_for(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as server, server.events() as events:
        await dispatch(server, CHILD, ancestors=["invoice"])
        seen = await events.until_end("a")

    assert "request" not in [event.what.type for event in seen]
    assert isinstance(seen[-1].what, wire.Finished)
    assert "invoice → etl → invoice" in seen[-1].what.message


async def test_a_run_that_asks_and_is_cancelled_ends_and_keeps_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.events() as events:
        await dispatch(server, CHILD)
        asked = await asked_of(events)

        await server.send("POST", "/runs/a/cancel", wire.Cancel(attempt=1))
        *_, last = await events.until_end("a")
        late = await reply(server, asked, ok=True)

    assert isinstance(last.what, wire.Finished)
    assert last.what.phase == "Cancelled"
    assert late == 202


async def test_all_steps_share_one_client_which_is_closed_in_the_end() -> None:
    async with AsyncExitStack() as stack:
        outside = Outside(("10.0.0.0/8",), private=True, stack=stack)
        first, second = outside.http(), outside.http()
        open_before = not first.is_closed

    assert first is second
    assert open_before
    assert first.is_closed


async def test_what_a_step_tells_and_asks_for_is_without_secrets(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.learn(["t0ken-of-ours"])
    step = {"name": "bill", "action": "workflow.run", "with": {"workflow": "t0ken-of-ours"}}
    async with serving(tmp_path, redactor=redactor) as server, server.events() as events:
        await dispatch(server, step)
        asked = await asked_of(events)
        refusal = {"ok": False, "reason": "Busy", "message": "t0ken-of-ours is busy"}
        await reply(server, asked, **refusal)
        *_, last = await events.until_end("a")

    assert asked.body["workflow"] == MASK
    assert isinstance(last.what, wire.Finished)
    assert last.what.message == f"step bill: {MASK} is busy"
