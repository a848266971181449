"""Who may do what over REST: every route, every kind of caller, by real tokens and real RBAC."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cluster.credentials import SERVICE_ACCOUNT_KEY
from sluice_core import names
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import NAMESPACES, RUNS, SERVICE_ACCOUNTS, Key, Resource
from testkit import chart, tokens
from testkit.api_server import our_kinds
from testkit.gateway_process import BINDINGS, ROLES, World, a_world, cluster

pytestmark = pytest.mark.integration
CRDS = Path(__file__).parents[2] / "crds"
BELOW = "/api/v1/namespaces/{namespace}"
OWN = "/api/v1"
AT_ONCE = 24

# What an account is bound to: the chart's edit and admin are parts of Kubernetes' own roles, which
# have the chart's view besides.
ROLES_OF = {
    "view": ("sluice-view",),
    "trigger": ("sluice-trigger",),
    "edit": ("sluice-view", "sluice-edit"),
    "admin": ("sluice-view", "sluice-edit", "sluice-admin"),
}
MAY: Mapping[str, set[str]] = {
    "view": {"view", "edit", "admin"},
    "trigger": {"trigger", "edit", "admin"},
    "view or trigger": {"view", "trigger", "edit", "admin"},
    "edit": {"edit", "admin"},
    "admin": {"admin"},
}
W, R, C = "/workflows/{workflow}", "/runs/{run}", "{credential}"

# Method and path, below a namespace: who may at the least, and the rights that it takes, in the
# order in which they are asked for.
TABLE: dict[tuple[str, str], tuple[str, str]] = {
    ("POST", f"{W}/trigger"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/run"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/test"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/enqueue"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/email-trigger"): ("trigger", "create workflows/trigger"),
    ("POST", f"{W}/execute"): ("edit", "create workflows/execute"),
    ("POST", "/events"): ("trigger", "create workflows/trigger"),
    ("POST", "/workflows/events"): ("trigger", "create workflows/trigger"),
    ("GET", "/event-types"): ("view", "list workflows"),
    ("GET", "/action-catalog"): ("view", "list workflows"),
    ("GET", "/workflows/action-catalog"): ("view", "list workflows"),
    ("GET", "/runs"): ("view or trigger", "list workflowruns"),
    ("GET", "/runs/pending"): ("view or trigger", "list workflowruns"),
    ("GET", f"{W}/runs"): ("view or trigger", "list workflowruns"),
    ("GET", R): ("view or trigger", "get workflowruns"),
    ("GET", f"{R}/logs"): ("view or trigger", "get workflowruns"),
    ("GET", f"{R}/events"): ("view or trigger", "get workflowruns"),
    ("GET", f"{W}{R}"): ("view or trigger", "get workflowruns"),
    ("GET", f"{W}/executions/{{run}}"): ("view or trigger", "get workflowruns"),
    ("POST", f"{R}/retry"): ("trigger", "get workflowruns, create workflows/trigger"),
    ("POST", f"{R}/cancel"): ("edit", "update workflowruns"),
    ("POST", "/runs/clear"): ("edit", "update workflowruns"),
    ("GET", "/workflows"): ("view", "list workflows"),
    ("GET", "/workflows/stats"): ("view", "list workflows"),
    ("GET", "/workflows/discover"): ("view", "list workflows"),
    ("POST", "/workflows"): ("edit", "create workflows"),
    ("GET", W): ("view", "get workflows"),
    ("PUT", W): ("edit", "update workflows"),
    ("PATCH", W): ("edit", "update workflows"),
    ("DELETE", W): ("edit", "delete workflows"),
    ("POST", f"{W}/validate"): ("view", "get workflows"),
    ("POST", f"{W}/compute-scopes"): ("view", "get workflows"),
    ("POST", f"{W}/duplicate"): ("edit", "get workflows, create workflows"),
    ("POST", f"{W}/layout"): ("edit", "update workflows"),
    ("PUT", f"{W}/status"): ("edit", "update workflows"),
    ("GET", f"{W}/lifecycle"): ("view", "get workflows"),
    ("PUT", f"{W}/lifecycle"): ("edit", "update workflows"),
    ("POST", f"{W}/deploy"): ("edit", "update workflows"),
    ("POST", f"{W}/undeploy"): ("edit", "update workflows"),
    ("POST", f"{W}/stop"): ("edit", "update workflows"),
    ("POST", f"{W}/start"): ("edit", "update workflows"),
    ("GET", f"{W}/versions"): ("view", "get workflows"),
    ("POST", f"{W}/versions"): ("edit", "update workflows"),
    ("POST", f"{W}/versions/{{number}}/rollback"): ("edit", "update workflows"),
    ("GET", f"{W}/share"): ("view", "get workflows"),
    ("POST", f"{W}/share"): ("admin", "update workflows, update workflows/share"),
    ("DELETE", f"{W}/share/{{user}}"): ("admin", "update workflows, update workflows/share"),
    ("GET", f"{W}/health"): ("view", "get workflows"),
    ("GET", f"{W}/schedule"): ("view", "get workflows"),
    ("POST", f"{W}/schedule"): ("edit", "update workflows"),
    ("PUT", f"{W}/schedule"): ("edit", "update workflows"),
    ("DELETE", f"{W}/schedule"): ("edit", "update workflows"),
    ("POST", f"{W}/connections"): ("edit", "update workflows"),
    ("DELETE", f"{W}/connections/{{connection}}"): ("edit", "update workflows"),
}
for _steps in ("steps", "nodes"):
    TABLE |= {
        ("GET", f"{W}/{_steps}"): ("view", "get workflows"),
        ("POST", f"{W}/{_steps}"): ("edit", "update workflows"),
        ("GET", f"{W}/{_steps}/{{step}}"): ("view", "get workflows"),
        ("PUT", f"{W}/{_steps}/{{step}}"): ("edit", "update workflows"),
        ("DELETE", f"{W}/{_steps}/{{step}}"): ("edit", "update workflows"),
        ("PUT", f"{W}/{_steps}/{{step}}/input-mappings"): ("edit", "update workflows"),
        ("PUT", f"{W}/{_steps}/{{step}}/passthrough-values"): ("edit", "update workflows"),
    }
for _base in ("", "/workflows"):  # where other products look for them too
    TABLE |= {
        ("GET", f"{_base}/templates"): ("view", "list workflowtemplates"),
        ("POST", f"{_base}/templates"): ("edit", "create workflows, get workflowtemplates"),
        ("GET", f"{_base}/credentials"): ("view", "list workflowcredentials"),
        ("POST", f"{_base}/credentials"): ("edit", "create workflowcredentials"),
        ("GET", f"{_base}/credentials/{C}"): ("view", "get workflowcredentials"),
        ("PUT", f"{_base}/credentials/{C}"): ("edit", "update workflowcredentials"),
        ("DELETE", f"{_base}/credentials/{C}"): ("edit", "delete workflowcredentials"),
        ("GET", f"{_base}/integrations"): ("view", "list workflowcredentials"),
        ("POST", f"{_base}/integrations"): ("edit", "create workflowcredentials"),
        ("PUT", f"{_base}/integrations"): ("edit", "update workflowcredentials"),
        ("DELETE", f"{_base}/integrations"): ("edit", "delete workflowcredentials"),
        ("PUT", f"{_base}/integrations/{{integration}}"): ("edit", "update workflowcredentials"),
        ("DELETE", f"{_base}/integrations/{{integration}}"): ("edit", "delete workflowcredentials"),
    }
IN_CLUSTER = {("POST", "/trigger"): ("trigger", "create workflows/trigger")}
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/.well-known/webhook-keys"),
    ("POST", "/hooks/{namespace}/{workflow}/{trigger}"),  # by the key of the webhook
}
# The workflow and a run of it are there, so that the last of the rights is asked for; nothing else
# is, and no change is made: bodies are not valid, the version is another one, the run went well.
THERE = {
    "workflow": "one",
    "user": "bob",
    "run": "past",
    "number": "1",
    "connection": "conn-0123456789ab",
}
QUERIES = {"/workflows/discover": "?appId=shop", "/integrations": "?id=none"}
BODIES: dict[str, Any] = {f"{W}/share": {"userId": "carol"}, f"{R}/retry": {}}
NO_CHANGE = {"If-Match": '"0"'}


@dataclass(frozen=True)
class Row:
    """A route as callers meet it; `who` and `rights` as in the table."""

    method: str
    path: str
    route: str
    who: str
    rights: tuple[str, ...]

    @property
    def owned(self) -> bool:
        """Whether the namespace is the caller's own, and not told."""
        return not self.path.startswith("/api/v1/namespaces/")


@pytest.fixture(scope="module", autouse=True)
def _kinds(cluster_config: ClusterConfig) -> Iterator[None]:
    with our_kinds(CRDS):
        yield


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world(cluster()) as world:
        await world.workflow("one", sharing={"visibility": "Tenant", "users": ["bob"]})
        run = await _make(world, RUNS, world.namespace, "past", spec={"workflow": "one"})
        await world.end(run)
        for name, roles in ROLES_OF.items():
            await bound(world, world.namespace, name, roles)
        yield world


async def bound(world: World, namespace: str, name: str, roles: tuple[str, ...]) -> None:
    """An account, and what the chart's ClusterRoles hold as roles of the namespace."""
    await _make(world, SERVICE_ACCOUNTS, namespace, name)
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]
    for role in roles:
        rules = chart.found("ClusterRole", role)["rules"]
        await _make(world, ROLES, namespace, f"{name}-{role}", rules=rules)
        reference = {"apiGroup": ROLES.group, "kind": "Role", "name": f"{name}-{role}"}
        more: dict[str, Any] = {"roleRef": reference, "subjects": subjects}
        await _make(world, BINDINGS, namespace, f"{name}-{role}", **more)


async def _make(world: World, kind: Resource, namespace: str, name: str, **content: Any) -> Any:
    meta = {"name": name, "namespace": namespace}
    manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    return await world.session.create(kind, manifest | content)


async def routes(world: World) -> set[tuple[str, str]]:
    """All that the application has, as it describes itself."""
    described = (await world.ask("GET", "//openapi.json", "")).body["paths"]
    return {(method.upper(), path) for path, ways in described.items() for method in ways}


def rows(namespace: str) -> list[Row]:
    """The table's, in the namespace that the path names and in the caller's own."""
    told = [
        (method, base + path, path, *rest)
        for (method, path), rest in TABLE.items()
        for base in (BELOW, OWN)
    ]
    told += [(method, path, path, *rest) for (method, path), rest in IN_CLUSTER.items()]
    return [
        Row(method, _filled(path, namespace), route, who, tuple(rights.split(", ")))
        for method, path, route, who, rights in told
    ]


def _filled(path: str, namespace: str) -> str:
    query = next((q for end, q in QUERIES.items() if path.endswith(end)), "")
    for part in ("step", "credential", "integration"):
        path = path.replace(f"{{{part}}}", "none")
    return path.format(namespace=namespace, **THERE) + query


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
