"""Who may do what over REST: every route, every kind of caller, by real tokens and real RBAC."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cluster.credentials import SERVICE_ACCOUNT_KEY
from sluice_core import names
from sluice_kube.resources import NAMESPACES, RUNS, SERVICE_ACCOUNTS, Key, Resource
from testkit import tokens
from testkit.gateway_process import World, a_world, cluster
from testkit.rights import (
    AT_ONCE,
    BELOW,
    BODIES,
    IN_CLUSTER,
    MAY,
    NO_CHANGE,
    OPEN,
    OWN,
    ROLES_OF,
    TABLE,
    Row,
    bound,
    make,
    rows,
)

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("kinds")]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        await world.workflow("one", sharing={"visibility": "Tenant", "users": ["bob"]})
        run = await make(world, RUNS, world.namespace, "past", spec={"workflow": "one"})
        await world.end(run)
        for name, roles in ROLES_OF.items():
            await bound(world, world.namespace, name, roles)
        yield world


async def routes(world: World) -> set[tuple[str, str]]:
    """All that the application has, as it describes itself."""
    described = (await world.ask("GET", "//openapi.json", "")).body["paths"]
    return {(method.upper(), path) for path, ways in described.items() for method in ways}


async def test_every_route_is_in_the_table(world: World) -> None:
    meant = {(method, base + path) for method, path in TABLE for base in (BELOW, OWN)}

    assert await routes(world) == meant | IN_CLUSTER.keys() | OPEN


async def test_openapi_tells_the_rights_of_the_table(world: World) -> None:
    described = (await world.ask("GET", "//openapi.json", "")).body["paths"]
    told = {
        (method.upper(), path): tuple(operation.get("x-rights", ()))
        for path, ways in described.items()
        for method, operation in ways.items()
    }

    table = {
        (method, base + path): row for (method, path), row in TABLE.items() for base in (BELOW, OWN)
    }
    assert {key: told[key] for key in told.keys() - OPEN} == {
        key: tuple(rights.split(", ")) for key, (_, rights) in (table | IN_CLUSTER).items()
    }


async def test_every_route_lets_in_who_has_the_right_and_nobody_else(world: World) -> None:
    shown = {name: await world.token(name=name) for name in ROLES_OF}
    room, wrong = asyncio.Semaphore(AT_ONCE), list[str]()

    async def one(row: Row, caller: str) -> None:
        async with room:
            status, detail = await said(world, row, shown[caller])
        if caller in MAY[row.who]:
            right = status not in {401, 403} and status < 500
        else:
            right = status == 403 and any(f"may not {one} " in detail for one in row.rights)
        if not right:
            wrong.append(f"{caller}: {row.method} {row.path}: {status} {detail}")

    asked = [one(row, caller) for row in rows(world.namespace) for caller in ROLES_OF]
    await asyncio.gather(*asked)

    assert wrong == []


async def said(world: World, row: Row, token: str | None) -> tuple[int, str]:
    """The status, and of a problem its words."""
    headers = {**NO_CHANGE, **({} if token is None else {"Authorization": f"Bearer {token}"})}
    if row.path == "/trigger":
        headers["Host"] = f"workflow-one.{world.namespace}.svc"
    body = BODIES.get(row.route, {"unknown": 1}) if row.method != "GET" else None
    async with world.http.request(
        row.method, world.url + row.path, json=body, headers=headers
    ) as answer:
        told = await answer.json(content_type=None) if answer.status >= 400 else {}
        return answer.status, str(told.get("detail", ""))


async def test_every_route_refuses_tokens_that_are_none(world: World) -> None:
    account = await world.session.get(SERVICE_ACCOUNTS, Key(world.namespace, "admin"))
    refused: dict[str, str | None] = {
        "no token": None,
        "a wrong one": "eyJhbGciOiJSUzI1NiJ9.e30.eA",
        "one for the API server": await world.token(None, "admin"),
        "one of an account that is gone": await of_nobody(world),
    }
    if SERVICE_ACCOUNT_KEY.exists():
        refused["an expired one"] = tokens.until(account, -60)
    room, wrong = asyncio.Semaphore(AT_ONCE), list[str]()

    async def one(row: Row, what: str) -> None:
        async with room:
            status, detail = await said(world, row, refused[what])
        if status != 401:
            wrong.append(f"{what}: {row.method} {row.path}: {status} {detail}")

    await asyncio.gather(*(one(row, what) for row in rows(world.namespace) for what in refused))

    assert wrong == []


async def of_nobody(world: World) -> str:
    """A token whose account was deleted; it would end an hour from now."""
    await bound(world, world.namespace, "gone", ROLES_OF["admin"])
    token = await world.token(name="gone")
    await world.session.delete(SERVICE_ACCOUNTS, Key(world.namespace, "gone"))
    return token


@pytest.mark.skipif(not SERVICE_ACCOUNT_KEY.exists(), reason="needs the key of our own cluster")
@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (-60, 401)])
async def test_of_a_token_that_is_made_here_only_its_end_counts(
    world: World, seconds: float, status: int
) -> None:
    account = await world.session.get(SERVICE_ACCOUNTS, Key(world.namespace, "view"))

    answer = await world.ask("GET", "/workflows", tokens.until(account, seconds))

    assert answer.status == status


async def test_who_may_all_in_another_namespace_may_nothing_in_this_one(world: World) -> None:
    other = f"{world.namespace}-other"
    await world.session.create(
        NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}}
    )
    await bound(world, other, "admin", ROLES_OF["admin"])
    request = Resource("", "v1", "serviceaccounts/admin/token", "TokenRequest")
    spec = {"metadata": {"namespace": other}, "spec": {"audiences": [names.GATEWAY_AUDIENCE]}}
    token = str((await world.session.create(request, spec))["status"]["token"])
    room, wrong = asyncio.Semaphore(AT_ONCE), list[str]()

    async def one(row: Row) -> None:
        async with room:
            status, detail = await said(world, row, token)
        ours = not row.owned or row.path == "/trigger"
        right = status == 403 if ours else status not in {401, 403} and status < 500
        if not right or (ours and f"may not {row.rights[0]} " not in detail):
            wrong.append(f"{row.method} {row.path}: {status} {detail}")

    try:
        await asyncio.gather(*(one(row) for row in rows(world.namespace)))
    finally:
        await world.session.delete(NAMESPACES, Key("", other))

    assert wrong == []
