"""A WorkflowAction carried out: what is sent, what it gives, by which port, how it fails."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
from pydantic import JsonValue

from sluice_core import wire
from sluice_core.definition import Definition
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from sluice_runner.engine import Job
from sluice_runner.templating.renderer import Renderer
from testkit.builders import an_action
from testkit.http_calls import only
from testkit.https_server import Answer, Server, serving
from testkit.runs import World

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


async def run(
    server: Server,
    action: dict[str, Any],
    given: dict[str, Any] | None = None,
    *,
    sandbox: bool = False,
    **step: Any,
) -> World:
    """Execute a workflow of one step, in the real engine."""
    http = {"url": server.url("/x"), **action.pop("http", {})}
    spec = an_action("remind", http=http, **action).spec
    steps = [{"name": "s", "action": "remind", "with": given or {}, **step}]
    definition = Definition.model_validate({"steps": steps, "actions": {"remind": spec}})
    job = Job(
        uid="u", name="r", namespace="shop", workflow="w", revision=1, definition=definition,
        inputs={"who": "Ada"},
    )  # fmt: skip
    world, guard = World(), Guard(Egress(("127.0.0.0/8",)))
    async with AsyncExitStack() as stack:
        over_http = await stack.enter_async_context(client(guard, server.trust))
        tools: dict[str, Any] = {"http": lambda: over_http}
        if sandbox:
            tools["renderer"] = await stack.enter_async_context(Renderer(1, 1))
        await world.run(job, **tools)
    return world


async def test_templates_of_the_step_are_filled_in_first_then_those_of_the_action(
    server: Server,
) -> None:
    server.answers["/x/i%201"] = Answer(201, JSON, b'{"id": 7}')
    action = {
        "http": {
            "method": "PUT",
            "url": server.url("/x/{{ config.invoice | urlencode }}"),
            "headers": {"X-To": "{{ config.to }}", "X-None": "{{ config.cc | default(none) }}"},
            "query": {"days": "{{ config.days }}", "page": "{{ config.page | default(none) }}"},
            "body": {"all": "{{ config }}", "n": "{{ config.days + 1 }}"},
        },
        "result": {"number": "{{ response.body.id }}", "of": "{{ config.invoice }}"},
    }
    given = {"invoice": "i 1", "to": "{{ inputs.who }}", "days": 3}

    world = await run(server, action, given)

    request = only(server)
    assert world.end.output == {"number": 7, "of": "i 1"}
    assert (request.method, request.target) == ("PUT", "/x/i%201?days=3")
    assert request.headers["x-to"] == "Ada"
    assert "x-none" not in request.headers
    assert orjson.loads(request.body) == {"all": given | {"to": "Ada"}, "n": 4}


async def test_what_comes_from_the_step_is_data_and_never_a_template(server: Server) -> None:
    server.answers["/x"] = Answer(200, JSON, b"{}")
    constant = "{{ '{{ 7 * 7 }}' }}"

    await run(server, {"http": {"body": "{{ config.text }}"}}, {"text": constant}, sandbox=True)

    assert orjson.loads(only(server).body) == "{{ 7 * 7 }}"


async def test_its_templates_are_bounded_as_those_of_a_step(server: Server) -> None:
    loops = "{% for a in range(400) %}{% for b in range(400) %}x{% endfor %}{% endfor %}"

    world = await run(server, {"http": {"body": loops}}, sandbox=True)

    assert failure(world).reason == "TemplateLoopLimit"
    assert server.received == []


async def test_without_a_result_it_gives_the_answer(server: Server) -> None:
    server.answers["/x"] = Answer(200, JSON, b"[1]")

    world = await run(server, {})

    output = world.end.output
    assert isinstance(output, dict)
    assert (output["status"], output["body"]) == (200, [1])


async def test_its_key_goes_into_the_header_that_it_names(server: Server) -> None:
    server.answers["/x"] = Answer(200)

    await run(server, {"http": {"idempotencyHeader": "X-Once"}})

    assert only(server).headers["x-once"] == "u/s"


PORTS = [
    {"name": "late", "when": "{{ response.body.days > config.limit }}"},
    {"name": "gone", "when": "{{ response.status == 404 }}"},
]
LEFT: dict[str, tuple[Answer, list[dict[str, str]], str | None]] = {
    "by the first that is true": (Answer(200, JSON, b'{"days": 9}'), PORTS, "late"),
    "by one without a condition": (
        Answer(200, JSON, b'{"days": 1}'), [*PORTS, {"name": "fine"}], "fine",
    ),
    "by none: it fails": (Answer(200, JSON, b'{"days": 1}'), PORTS, None),
    "after an answer that it expects": (Answer(404, JSON, b'{"days": 0}'), PORTS, "gone"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "ports", "port"), LEFT.values(), ids=LEFT)
async def test_by_which_port_it_is_left(
    server: Server, answer: Answer, ports: list[dict[str, str]], port: str | None
) -> None:
    server.answers["/x"] = answer

    world = await run(server, {"http": {"expect": [200, 404]}, "ports": ports}, {"limit": 3})

    ended = world.ended["s"]
    assert ended.port == port
    assert port or (ended.error and ended.error.reason == "NoPort")


FAILS: dict[str, tuple[dict[str, Any], dict[str, JsonValue], str, str]] = {
    "its config is wrong, which a template decides at run time": (
        {"config": {"properties": {"days": {"type": "integer"}}}}, {"days": "{{ inputs.who }}"},
        "InvalidConfig", 'with.days: "Ada" is not of type "integer"',
    ),
    "a field of its config is missing": (
        {"config": {"required": ["invoice"]}}, {}, "InvalidConfig", "with.invoice: is required",
    ),
    "a template reads what is not there": (
        {"http": {"body": "{{ config.nothing.at.all }}"}}, {},
        "TemplateUndefined", "http.body: ",
    ),
    "a header would break the request": (
        {"http": {"headers": {"X-A": "{{ config.a }}"}}}, {"a": "1\r\nX-B: 2"},
        "InvalidRequest", "http.headers.X-A: ",
    ),
    "an answer that is no success": ({}, {}, "Http404", ": 404 "),
}  # fmt: skip


@pytest.mark.parametrize(("action", "given", "reason", "said"), FAILS.values(), ids=FAILS)
async def test_how_it_fails(
    server: Server, action: dict[str, Any], given: dict[str, JsonValue], reason: str, said: str
) -> None:
    world = await run(server, dict(action), given)

    error = failure(world)
    assert error.reason == reason
    assert said in error.message


RETRIED = {"what its author says": (["Transient"], 3), "and nothing else": (["Timeout"], 1)}


@pytest.mark.parametrize(("retry_on", "requests"), RETRIED.values(), ids=RETRIED)
async def test_a_step_is_tried_again_for(
    server: Server, retry_on: list[str], requests: int
) -> None:
    server.answers["/x"] = Answer(503)

    world = await run(server, {"retryOn": retry_on}, retry={"limit": 2, "backoffSeconds": 0})

    assert len(server.received) == requests
    assert failure(world).failure == "Transient"


async def test_its_time_is_its_own_where_the_step_has_none(server: Server) -> None:
    server.answers["/x"] = Answer(silent=True)

    world = await run(server, {"timeoutSeconds": 1})

    assert failure(world).reason == "Timeout"


def failure(world: World) -> wire.StepError:
    error = world.ended["s"].error
    assert error is not None
    return error
