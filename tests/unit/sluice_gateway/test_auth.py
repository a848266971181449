"""Who is let in, over HTTP, with tokens and rights in memory."""

import pytest

from testkit.gateway_app import Cluster, a_workflow, client

PATH = "/api/v1/namespaces/shop/workflows/etl/trigger"

HEADERS = {
    "none": ({}, 401, "TokenMissing"),
    "a wrong token": ({"Authorization": "Bearer wrong"}, 401, "TokenRefused"),
    "another scheme": ({"Authorization": "Basic alice"}, 401, "TokenMissing"),
    "a scheme without a token": ({"Authorization": "Bearer"}, 401, "TokenMissing"),
    "two tokens that differ": (
        {"Authorization": "Bearer alice", "X-API-Key": "bob"},
        401,
        "TokenMissing",
    ),
    "a token longer than any": ({"X-API-Key": "x" * 20_000}, 401, "TokenMissing"),
}
TAKEN = {
    "as bearer": {"Authorization": "Bearer alice"},
    "as bearer in lower case": {"authorization": "bearer alice"},
    "as key": {"X-API-Key": "alice"},
    "as both": {"Authorization": "Bearer alice", "X-API-Key": "alice"},
}


def a_cluster(*denied: str) -> Cluster:
    cluster = Cluster(denied=set(denied))
    cluster.add(a_workflow())
    return cluster


@pytest.mark.parametrize(("headers", "status", "reason"), HEADERS.values(), ids=HEADERS)
async def test_who_is_not_known(headers: dict[str, str], status: int, reason: str) -> None:
    async with client(a_cluster(), token=None) as http:
        answer = await http.post(PATH, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:sluice:problem:{reason}")
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("headers", TAKEN.values(), ids=TAKEN)
async def test_where_a_token_may_be(headers: dict[str, str]) -> None:
    async with client(a_cluster(), token=None) as http:
        assert (await http.post(PATH, headers=headers)).status_code == 202


RIGHTS = {
    "trigger": ("POST", "/workflows/etl/trigger", "create workflows/trigger"),
    "run": ("POST", "/workflows/etl/run", "create workflows/trigger"),
    "see runs": ("GET", "/runs", "list workflowruns"),
    "see a workflow's runs": ("GET", "/workflows/etl/runs", "list workflowruns"),
    "see a run": ("GET", "/runs/etl-1", "get workflowruns"),
    "cancel a run": ("POST", "/runs/etl-1/cancel", "update workflowruns"),
}


@pytest.mark.parametrize(("method", "path", "right"), RIGHTS.values(), ids=RIGHTS)
async def test_which_right_a_request_needs(method: str, path: str, right: str) -> None:
    async with client(a_cluster(right)) as http:
        named = await http.request(method, f"/api/v1/namespaces/shop{path}")
        own = await http.request(method, f"/api/v1{path}")

    assert (named.status_code, own.status_code) == (403, 403)
    assert right in named.json()["detail"]


async def test_own_namespace_is_asked_of_people_in_vain() -> None:
    async with client(a_cluster(), token="bob") as http:
        answer = await http.get("/api/v1/runs")

    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:sluice:problem:NamespaceMissing",
    )


async def test_a_refused_token_is_reviewed_once_in_a_while() -> None:
    cluster = a_cluster()

    async with client(cluster, token="wrong") as http:
        for _ in range(3):
            await http.get("/api/v1/runs")

    assert cluster.reviewed == 1
