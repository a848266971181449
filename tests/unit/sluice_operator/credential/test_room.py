"""One look at a credential: what is stored, and what a restart does not store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.credential.room import SETTLED, Room
from sluice_operator.credential.users import Name, Users
from testkit.scripted_api import ScriptedApi

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
API = Name("shop", "api")


def a_manifest(**status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "WorkflowCredential",
        "metadata": {"name": "api", "namespace": "shop", "uid": "u", "generation": 1},
        "spec": {"type": "HttpBearer", "secretRef": {"name": "api"}},
        "status": status,
    }


def a_workflow(name: str, *credentials: str) -> dict[str, Any]:
    steps = [{"name": f"s{n}", "action": "log", "credential": c} for n, c in enumerate(credentials)]
    return {"metadata": {"name": name, "namespace": "shop", "uid": name}, "spec": {"steps": steps}}


class Cluster:
    """Keeps statuses; `workflows` are those that it has."""

    def __init__(self, *workflows: dict[str, Any]) -> None:
        self.workflows = {one["metadata"]["name"]: one for one in workflows}
        self.statuses: list[dict[str, Any]] = []
        self.read: list[str] = []
        self.now = NOON
        self.again: list[tuple[Name, datetime]] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        name = request.path.removesuffix("/status").rpartition("/")[2]
        if request.path.endswith("/status"):
            self.statuses.append((await request.json())[-1]["value"])
            return web.json_response({})
        self.read.append(name)
        found = self.workflows.get(name)
        missing = {"reason": "NotFound", "message": "no"}
        return web.json_response(found or missing, status=200 if found else 404)


@asynccontextmanager
async def a_room(cluster: Cluster) -> AsyncIterator[Room]:
    async with ScriptedApi([cluster]) as api, Session(api.config) as session:
        yield Room(
            session,
            StatusWriter(session),
            lambda: cluster.now,
            lambda name, when: cluster.again.append((name, when)),
        )


async def test_what_is_seen_is_stored_and_not_twice() -> None:
    cluster = Cluster()
    async with a_room(cluster) as room:
        room.changed(API, a_manifest())
        room.workflow(Name("shop", "etl"), a_workflow("etl", "api", "lake"))
        await room.look(API)
        room.changed(API, a_manifest(**cluster.statuses[0]))
        await room.look(API)

    [status] = cluster.statuses
    assert status["usedBy"] == ["etl"]


async def test_after_a_start_a_user_that_is_not_seen_yet_still_counts() -> None:
    cluster = Cluster()
    async with a_room(cluster) as room:
        room.changed(API, a_manifest())
        room.workflow(Name("shop", "etl"), a_workflow("etl", "api"))
        await room.look(API)

    again = Cluster()
    async with a_room(again) as room:
        room.changed(API, a_manifest(**cluster.statuses[0]))
        await room.look(API)

    assert (again.statuses, again.read) == ([], [])
    assert again.again == [(API, NOON + SETTLED)]


async def test_once_the_watch_has_settled_one_that_nobody_has_seen_is_asked_for() -> None:
    cluster = Cluster(a_workflow("there", "api"), a_workflow("other", "lake"))
    async with a_room(cluster) as room:
        room.changed(API, a_manifest(usedBy=["gone", "other", "there"]))
        cluster.now += SETTLED + timedelta(seconds=1)
        await room.look(API)

    assert sorted(cluster.read) == ["gone", "other", "there"]
    assert cluster.statuses[0]["usedBy"] == ["there"]


async def test_what_is_gone_is_left_alone() -> None:
    cluster = Cluster()
    async with a_room(cluster) as room:
        room.changed(API, a_manifest())
        room.changed(API, None)
        await room.look(API)

    assert cluster.statuses == []


def test_an_edit_concerns_what_it_names_no_more_and_what_it_names_now() -> None:
    users = Users()
    users.see(Name("shop", "etl"), a_workflow("etl", "api", "lake"))

    concerned = users.see(Name("shop", "etl"), a_workflow("etl", "lake", "mail"))

    assert concerned == {API, Name("shop", "mail")}
    assert users.of(API) == frozenset()
    assert users.of(Name("shop", "lake")) == {"etl"}


def test_a_namesake_in_another_namespace_is_another_credential() -> None:
    users = Users()
    users.see(Name("shop", "etl"), a_workflow("etl", "api"))

    assert users.of(Name("other", "api")) == frozenset()


def test_a_workflow_of_any_form_uses_nothing_rather_than_to_fail() -> None:
    users = Users()

    for spec in ({}, {"steps": None}, {"steps": "x"}, {"steps": [None, {"credential": 5}]}):
        assert users.see(Name("shop", "odd"), {"spec": spec}) == set()
