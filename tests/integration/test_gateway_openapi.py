"""What OpenAPI says holds: each request that it describes is answered as it says, by one that runs
on a real API server.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from sluice_kube.resources import TEMPLATES, Key
from testkit import asked
from testkit.asked import Described
from testkit.eventually import until
from testkit.gateway_process import Answer, World, a_world, cluster

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
ROOT = Path(__file__).parents[2]
AT_ONCE = 8
SYNC_SECONDS = 0.1  # nothing executes the runs here
ALWAYS_TOLD = {"ETag", "Location"}  # others where the namespace has a plan with rates


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster(), sync_seconds=SYNC_SECONDS) as world:
        await world.account(("*", "*"))
        await world.workflow("etl")
        for path in sorted((ROOT / "examples" / "templates").iterdir()):
            manifest = yaml.safe_load(path.read_text())
            manifest["metadata"]["namespace"] = world.namespace
            await world.session.create(TEMPLATES, manifest)
        yield world


async def known(world: World, name: str) -> None:
    """The gateway's watch has seen the workflow: hooks and events ask memory alone."""
    workflows, key = world.gateway.readiness.informers.workflows, Key(world.namespace, name)
    await until(lambda: workflows.get(key) is not None, "the watch", 30)


async def test_every_example_goes_well_and_is_answered_as_described(world: World) -> None:
    schema = (await world.ask("GET", "//openapi.json", "")).body
    token, room, numbers = await world.token(), asyncio.Semaphore(AT_ONCE), count()
    wrong = list[str]()

    async def one(request: Described) -> None:
        async with room:
            name = f"w{next(numbers)}"
            parameters = await asked.stage(world, token, name, request.plain)
            await known(world, name)
            answer = await asked.ask(world, token, request, parameters)
            wrong.extend(f"{request.operation}: {why}" for why in faults(schema, request, answer))

    requests = list(asked.requests(schema))
    await asyncio.gather(*(one(request) for request in requests))

    assert len(requests) > 190
    assert wrong == []


def faults(schema: dict[str, Any], request: Described, answer: Answer) -> Iterator[str]:
    """What is otherwise than described."""
    described = request.answers.get(str(answer.status))
    if answer.status >= 300 or described is None:
        yield f"{answer.status} {answer.body}"
        return
    told = {name for name in ALWAYS_TOLD if name in answer.headers}
    if told != described.get("headers", {}).keys() & ALWAYS_TOLD:
        yield f"headers {told}"
    content = described.get("content", {})
    if answer.headers.get("Content-Type", "").partition(";")[0] not in (content or {""}):
        yield f"type {answer.headers['Content-Type']}"
    if "application/json" in content:
        form = content["application/json"]["schema"] | {"components": schema["components"]}
        found = jsonschema_rs.validator_for(form).iter_errors(answer.body)
        yield from (f"{one.instance_path}: {one}" for one in found)


HOSTILE = {
    "not UTF-8": b'{"name": "\xff"}',
    "a number that no float holds": b'{"name": 1e400}',
    "deeper than anybody writes": b'{"a":' * 200 + b"1" + b"}" * 200,
    "half a character": b'{"name": "\\ud800"}',
    "half of it": b'{"name": ',
}
OTHER = {
    "an unknown field": b'{"\\u0000": 1}',
    "a list": b"[]",
    "a number": b"7",
}
# These take any JSON: it is the message, or the payload.
TAKE_ANY = {"enqueue_message", "receive_webhook"}


async def test_no_hostile_body_is_taken_or_breaks_anything(world: World) -> None:
    schema = (await world.ask("GET", "//openapi.json", "")).body
    token, room = await world.token(), asyncio.Semaphore(AT_ONCE)
    wrong = list[str]()
    meant = [
        one
        for one in asked.requests(schema)
        if one.media == "application/json" and one.path.startswith(("/hooks", "/api/v1/namespaces"))
    ]

    async def one(number: int, request: Described) -> None:
        async with room:
            name = f"w{number}"
            parameters = await asked.stage(world, token, name, request.plain)
            await known(world, name)
            for what, body in (HOSTILE | ({} if request.plain in TAKE_ANY else OTHER)).items():
                sent = replace(request, example=body)
                answer = await asked.ask(world, token, sent, parameters)
                if not 400 <= answer.status < 500 or str(answer.status) not in request.answers:
                    wrong.append(f"{request.operation}: {what}: {answer.status} {answer.body}")
                elif what in OTHER and not answer.body.get("errors"):
                    wrong.append(f"{request.operation}: {what}: names no field: {answer.body}")

    await asyncio.gather(*(one(*each) for each in enumerate(meant)))

    assert len(meant) > 35
    assert wrong == []
