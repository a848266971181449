"""A Private workflow over REST, to who is not named in it: as one that does not exist."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice_core import names
from sluice_kube.resources import CREDENTIALS, RUNS, Key
from testkit.gateway_process import DEADLINE, World, a_world, cluster
from testkit.rights import AT_ONCE, ROLES_OF, TABLE, W, bound, make

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]
FLOW, RUN, CREDENTIAL, INTEGRATION = "hidden", "past", "mail", "chat"
TRIGGERS = [
    {"name": "schedule", "schedule": {"cron": "0 9 * * *", "timeZone": "UTC"}},
    {"name": "orders", "queue": {}},
    {"name": "inbox", "email": {}},
    {"name": "told", "event": {"type": "order.paid"}},
]
# Bodies that would do something, so that nothing but the workflow's being hidden can be the answer.
BODIES: dict[str, dict[str, Any]] = {
    f"POST {W}/email-trigger": {"from": "a@example.com", "to": "b@example.com", "subject": "Hi"},
    f"PUT {W}/status": {"status": "paused"},
    f"POST {W}/steps": {"nodeId": "log", "label": "More", "config": {"message": "hello"}},
    f"POST {W}/nodes": {"nodeId": "log", "label": "More", "config": {"message": "hello"}},
    f"POST {W}/connections": {"sourceNodeId": "say", "targetNodeId": "say"},
    f"POST {W}/schedule": {"cron_expression": "0 9 * * *"},
    f"PUT {W}/schedule": {"cron_expression": "0 9 * * *"},
    f"PUT {W}/lifecycle": {"type": "always-on"},
    f"POST {W}/versions": {"versionTag": "v1"},
    f"POST {W}/share": {"userId": "carol"},
}
for _steps in ("steps", "nodes"):
    BODIES[f"PUT {W}/{_steps}/{{step}}/input-mappings"] = {"mappings": {}}
    BODIES[f"PUT {W}/{_steps}/{{step}}/passthrough-values"] = {"values": {}}
OF_INTEGRATIONS: dict[str, dict[str, Any]] = {
    "POST": {
        "workflow_id": FLOW,
        "name": "Chat",
        "integration_type": "slack",
        "config": {"webhook_url": "https://hooks.example.com/x"},
    },
    "PUT": {"config": {"channel": "#a"}},
}
ITS_PARTS = {"{workflow}", "{run}", "{integration}"}
QUERIES = {
    "/runs": f"?workflow={FLOW}&limit=1",
    "/workflows": f"?search={FLOW}",
    "/workflows/discover": "?appId=shop",
    "/integrations": f"?workflow_id={FLOW}",
    "/workflows/integrations": f"?workflow_id={FLOW}",
}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A workflow that is shown to the account `edit`, with all that may tell of it."""
    async with a_world(cluster()) as world:
        friend = f"system:serviceaccount:{world.namespace}:edit"
        sharing = {"visibility": "Private", "users": [friend]}
        call = {"name": "say", "action": "http", "with": {"url": "https://api.example.com/"}}
        steps = [call | {"credential": CREDENTIAL}]
        await world.workflow(FLOW, steps=steps, sharing=sharing, triggers=TRIGGERS)
        for name in ("admin", "edit"):
            await bound(world, world.namespace, name, ROLES_OF[name])
        await _with_runs(world)
        await _with_credentials(world)
        await _until_known(world, await world.token(name="edit"))
        yield world


async def _with_runs(world: World) -> None:
    for name in (RUN, "other"):
        await make(world, RUNS, world.namespace, name, spec={"workflow": FLOW})
    await world.end(await world.session.get(RUNS, Key(world.namespace, RUN)), "Failed")


async def _with_credentials(world: World) -> None:
    """One that it uses, and one that is an integration of it."""
    for name, labels in ((CREDENTIAL, {}), (INTEGRATION, {names.LABEL_INTEGRATION_OF: FLOW})):
        manifest = {
            "apiVersion": CREDENTIALS.api_version,
            "kind": CREDENTIALS.kind,
            "metadata": {"name": name, "namespace": world.namespace, "labels": labels},
            "spec": {"type": "HttpBearer", "secretRef": {"name": name}},
        }
        made = await world.session.create(CREDENTIALS, manifest)
        if name == CREDENTIAL:  # as the operator says, where there is one
            told = {"status": {"usedBy": [FLOW]}}
            await world.session.merge_patch(CREDENTIALS, Key.of(made), told, "status")


async def _until_known(world: World, friend: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while not (await world.ask("GET", "/workflows", friend)).body["count"]:  # noqa: ASYNC110 - with a deadline
            await asyncio.sleep(0.02)


def its_own() -> list[tuple[str, str]]:
    """The routes that lead to it, or to a part of it."""
    return sorted(row for row in TABLE if any(part in row[1] for part in ITS_PARTS))


def path_of(route: str) -> str:
    parts = {"step": "say", "user": "carol", "connection": "conn-0123456789ab", "number": "1"}
    return route.format(
        workflow=FLOW, run=RUN, integration=INTEGRATION, credential=CREDENTIAL, **parts
    )


async def test_nothing_leads_to_it(world: World) -> None:
    token, room = await world.token(name="admin"), asyncio.Semaphore(AT_ONCE)
    wrong: list[str] = []

    async def one(method: str, route: str) -> None:
        body = BODIES.get(f"{method} {route}", {})
        if "integration" in route:
            body = OF_INTEGRATIONS.get(method, {})
        async with room:
            answer = await world.ask(
                method, path_of(route), token, None if method in {"GET", "DELETE"} else body
            )
        if answer.status != 404:
            wrong.append(f"{method} {route}: {answer.status} {answer.body}")

    await asyncio.gather(*(one(*row) for row in its_own()))

    assert wrong == []


async def test_nothing_else_tells_of_it(world: World) -> None:
    token, told = await world.token(name="admin"), dict[str, str]()

    for method, route in sorted(TABLE.keys() - set(its_own())):
        if method == "GET":
            query = QUERIES.get(route, "")
            answer = await world.ask(method, path_of(route) + query, token)
            assert answer.status == 200, route
            told[route] = json.dumps(answer.body)

    assert len(told) > 15
    assert [route for route, text in told.items() if f'"{FLOW}"' in text or RUN in text] == []
    assert '"continue"' not in told["/runs"]


EVENT = {"event_type": "order.paid", "event_data": {"order": 7}}
DONE: dict[str, tuple[str, str, Any, int]] = {
    "an event": ("POST", "/events", EVENT, 200),
    "an event, where others look": ("POST", "/workflows/events", EVENT, 200),
    "clearing runs": ("POST", "/runs/clear", {}, 200),
    "an integration of it": ("POST", "/integrations", OF_INTEGRATIONS["POST"], 404),
    "deleting an integration of it": ("DELETE", f"/integrations?id={INTEGRATION}", None, 404),
    "deleting a credential that it uses": ("DELETE", f"/credentials/{CREDENTIAL}", None, 409),
    "in the cluster": ("POST", "//trigger", {}, 404),
}


async def test_what_is_done_in_the_namespace_leaves_it_out(world: World) -> None:
    token, seen = await world.token(name="admin"), dict[str, int]()

    for what, (method, path, body, _) in DONE.items():
        host = {"Host": f"workflow-{FLOW}.{world.namespace}.svc"} if path == "//trigger" else {}
        answer = await world.ask(method, path, token, body, **host)
        seen[what] = answer.status
        if answer.status != 404:  # which says what was asked for, and no more
            assert FLOW not in json.dumps(answer.body), what

    left = {run["metadata"]["name"]: run["spec"].get("cancel") for run in await world.runs()}
    assert seen == {what: row[-1] for what, row in DONE.items()}
    assert left == {RUN: False, "other": False}


async def test_who_is_named_in_it_sees_all_of_that(world: World) -> None:
    friend, stranger = await world.token(name="edit"), await world.token(name="admin")
    paths = [f"/workflows/{FLOW}", f"/runs/{RUN}", f"/runs?workflow={FLOW}", "/workflows/stats"]
    paths += [f"/credentials/{CREDENTIAL}", "/integrations"]

    shown = [(await world.ask("GET", path, friend)).body for path in paths]
    hidden = [(await world.ask("GET", path, stranger)).body for path in paths]

    assert [one == other for one, other in zip(shown, hidden, strict=True)] == [False] * len(paths)
    assert shown[0]["id"] == FLOW
    assert shown[4]["usedBy"] == [FLOW]
