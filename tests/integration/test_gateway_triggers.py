"""The gateway on a real API server: real tokens, real objects, a watch that breaks."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sluice_gateway.schemas.runs import RunDetail, RunList
from sluice_gateway.schemas.triggers import TriggerAnswer
from sluice_kube.resources import RUNS, Key
from testkit.gateway_process import World, a_world, cluster
from testkit.relay import relaying

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
TRIGGER = ("create", "workflows/trigger")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        yield world


async def test_a_trigger_is_accepted_once_its_run_exists(world: World) -> None:
    workflow = await world.workflow()
    await world.account(TRIGGER)

    answer = await world.ask(
        "POST", "/workflows/hello/trigger", await world.token(), {"inputs": {"a": [1, None]}}
    )

    run = await world.session.get(RUNS, Key(world.namespace, answer.body["execution_id"]))
    assert answer.status == 202
    assert run["spec"]["inputs"] == {"a": [1, None]}
    assert run["spec"]["trigger"]["type"] == "Api"
    assert run["metadata"]["ownerReferences"][0]["uid"] == workflow["metadata"]["uid"]


async def test_a_sync_caller_gets_the_result_from_the_run(world: World) -> None:
    await world.workflow()
    await world.account(TRIGGER)
    token = await world.token()

    asking = asyncio.ensure_future(
        world.ask("POST", "/workflows/hello/trigger", token, {"sync": True})
    )
    await world.end(await world.awaited_run(), output={"rows": 3})
    answer = await asking

    body = TriggerAnswer.model_validate(answer.body)
    assert (answer.status, body.status, body.output) == (200, "succeeded", {"rows": 3})


async def test_a_trigger_through_the_service_needs_a_token_like_any_other(world: World) -> None:
    await world.workflow()
    await world.account(TRIGGER)
    host = f"workflow-hello.{world.namespace}.svc.cluster.local"

    with_token = await world.ask("POST", "//trigger", await world.token(), {}, Host=host)
    short = await world.ask("POST", "//trigger", await world.token(), {}, Host="workflow-hello")
    without = await world.ask("POST", "//trigger", "", {}, Host=host)

    assert (with_token.status, short.status, without.status) == (202, 202, 401)


async def test_only_tokens_for_this_audience_are_taken(world: World) -> None:
    await world.workflow()
    await world.account(TRIGGER)

    answers = {
        audience: await world.ask("POST", "/workflows/hello/trigger", await world.token(audience))
        for audience in ("sluice-gateway", "somebody-else", None)
    }

    assert [answer.status for answer in answers.values()] == [202, 401, 401]


async def test_rights_are_those_of_rbac(world: World) -> None:
    await world.workflow()
    await world.account(("list", "workflowruns"))

    token = await world.token()
    trigger = await world.ask("POST", "/workflows/hello/trigger", token)
    listed = await world.ask("GET", "/runs", token)

    assert (trigger.status, listed.status) == (403, 200)
    assert "create workflows/trigger" in trigger.body["detail"]
    assert await world.runs() == []


async def test_many_equal_requests_at_once_make_one_run(world: World) -> None:
    await world.workflow()
    await world.account(TRIGGER)
    token = await world.token()

    async def ask(body: object) -> tuple[int, str]:
        answer = await world.ask(
            "POST", "/workflows/hello/trigger", token, body, Idempotency_Key="once"
        )
        return answer.status, answer.body.get("execution_id")

    answers = set(await asyncio.gather(*(ask({"inputs": {"a": 1}}) for _ in range(8))))
    other = await ask({"inputs": {"a": 2}})

    [run] = await world.runs()
    assert answers == {(202, run["metadata"]["name"])}
    assert other == (422, None)


async def test_runs_are_listed_shown_and_cancelled(world: World) -> None:
    await world.workflow()
    await world.account(
        TRIGGER, ("list", "workflowruns"), ("get", "workflowruns"), ("update", "workflowruns")
    )
    token = await world.token()
    made = [await world.ask("POST", "/workflows/hello/trigger", token) for _ in range(3)]
    run = {"metadata": {"namespace": world.namespace, "name": made[0].body["execution_id"]}}
    await world.end(run)
    ended, going = (f"/runs/{answer.body['execution_id']}" for answer in made[:2])

    first = await world.ask("GET", "/runs?limit=2", token)
    following = first.body["continue"]
    rest = await world.ask("GET", f"/runs?limit=2&continue={following}", token)
    done = await world.ask("GET", "/workflows/hello/runs?phase=Succeeded", token)
    shown = await world.ask("GET", ended, token)
    cancelled = await world.ask("POST", f"{going}/cancel", token)
    refused = await world.ask("POST", f"{ended}/cancel", token)
    nonsense = await world.ask("GET", "/runs?continue=nonsense", token)

    assert [RunList.model_validate(page.body).count for page in (first, rest)] == [2, 1]
    assert [run["executionId"] for run in done.body["runs"]] == [made[0].body["execution_id"]]
    assert RunDetail.model_validate(shown.body).status == "succeeded"
    assert (cancelled.status, cancelled.body["cancelRequested"]) == (202, True)
    assert refused.status == 409
    assert (nonsense.status, nonsense.body["errors"][0]["path"]) == (400, "continue")


async def test_an_input_that_the_schema_refuses_makes_no_run(world: World) -> None:
    await world.workflow(inputs={"type": "object", "required": ["day"]})
    await world.account(TRIGGER)

    answer = await world.ask("POST", "/workflows/hello/trigger", await world.token(), {})

    assert (answer.status, answer.body["errors"][0]["path"]) == (422, "inputs.day")
    assert await world.runs() == []


async def test_a_wait_outlives_an_api_server_that_goes_away() -> None:
    async with relaying(cluster()) as relay, a_world(relay.config) as world:
        await world.workflow()
        await world.account(TRIGGER)
        token = await world.token()
        asking = asyncio.ensure_future(
            world.ask("POST", "/workflows/hello/trigger", token, {"sync": True})
        )
        run = await world.awaited_run()

        relay.cut()
        await world.end(run, output="told late")
        relay.mend()
        answer = await asyncio.wait_for(asking, 30)

    assert (answer.status, answer.body["output"]) == (200, "told late")


async def test_a_gateway_that_ends_answers_who_waits(world: World) -> None:
    await world.workflow()
    await world.account(TRIGGER)
    token = await world.token()
    asking = asyncio.ensure_future(
        world.ask("POST", "/workflows/hello/trigger", token, {"sync": True})
    )
    run = await world.awaited_run()

    world.told.set()
    answer = await asyncio.wait_for(asking, 30)

    assert (answer.status, answer.body["execution_id"]) == (202, run["metadata"]["name"])
    assert world.gateway.readiness.missing() == ["nothing: it is about to end"]
