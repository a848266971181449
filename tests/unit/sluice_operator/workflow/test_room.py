"""One look at a workflow: its children made, what is in the way told, its status stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import orjson
import pytest
from aiohttp import web

from sluice_core import names
from sluice_core.packed import Packed
from sluice_kube.errors import NotFound
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.ledger import Ledger
from sluice_operator.workflow.observe import Observer
from sluice_operator.workflow.observed import Demand, Observed
from sluice_operator.workflow.reconcile import Desired
from sluice_operator.workflow.room import Outside, Room
from testkit.scripted_api import ScriptedApi
from testkit.seen import NOON, an_installation

KEY = ("shop", "etl")
STEP = {"name": "a", "action": "log", "with": {"message": "x"}}


def a_manifest(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Workflow",
        "metadata": {"name": "etl", "namespace": "shop", "uid": "u1", "generation": 1},
        "spec": {"steps": [STEP], **spec},
    }


class Cluster:
    """Takes what is applied; of a `taken` kind a stranger has an object already."""

    def __init__(self, taken: str = "") -> None:
        self.taken = taken
        self.applied: list[str] = []
        self.objects: list[dict[str, Any]] = []
        self.deleted: list[str] = []
        self.statuses: list[dict[str, Any]] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        *_, plural, name = request.path.removesuffix("/status").split("/")
        if request.path.endswith("/status"):
            self.statuses.append((await request.json())[-1]["value"])
        elif request.method == "DELETE":
            self.deleted.append(f"{plural}/{name}")
        elif plural == self.taken and request.method == "PATCH":
            return web.json_response({"reason": "Conflict", "message": "it is there"}, status=409)
        elif request.method == "PATCH":
            self.applied.append(plural)
            self.objects.append(orjson.loads(await request.read()))
        return web.json_response({"metadata": {"name": name, "namespace": "shop", "uid": "s"}})


def outside(session: Session) -> Outside:
    """With a ledger in which no workflow is."""
    return Outside(
        session=session,
        statuses=StatusWriter(session),
        ledger=Ledger(lambda _key, _when: None, lambda: NOON),
        now=lambda: NOON,
    )


@asynccontextmanager
async def a_room(
    cluster: Cluster, observer: Observer, decided: list[Desired] | None = None
) -> AsyncIterator[Room]:
    def on_decided(_seen: Observed, desired: Desired) -> None:
        (decided if decided is not None else []).append(desired)

    async with ScriptedApi([cluster]) as api, Session(api.config) as session:
        yield Room(outside(session), observer, on_decided)


def an_observer(manifest: dict[str, Any] | None = None) -> Observer:
    observer = Observer(an_installation, lambda _: frozenset(), lambda _key, _standing: Demand())
    observer.workflow(KEY, manifest or a_manifest())
    return observer


def ready(status: dict[str, Any]) -> tuple[str, str]:
    [one] = [one for one in status["conditions"] if one["type"] == "Ready"]
    return one["reason"], one["message"]


async def test_what_has_an_address_for_others_is_made_after_what_it_needs() -> None:
    cluster, decided = Cluster(), list[Desired]()

    async with a_room(cluster, an_observer(), decided) as room:
        await room.look(KEY)

    assert cluster.applied[-1] == "deployments"
    assert set(cluster.applied) == {
        "controllerrevisions", "serviceaccounts", "configmaps", "networkpolicies", "services",
        "deployments",
    }  # fmt: skip
    assert [made["version"] for made in cluster.statuses] == [1]
    assert len(decided) == 1


async def test_a_name_that_a_stranger_has_is_told_with_what_to_do() -> None:
    cluster = Cluster(taken="services")

    async with a_room(cluster, an_observer()) as room:
        await room.look(KEY)

    [status] = cluster.statuses
    reason, message = ready(status)
    assert (reason, status["deploymentStatus"]) == ("NameTaken", "Failed")
    assert "kubectl -n shop get services workflow-etl" in message
    assert "deployments" not in cluster.applied


async def test_children_that_are_not_wanted_any_more_are_deleted() -> None:
    observer = an_observer(a_manifest(state="Draft"))
    owner = {
        "apiVersion": names.API_VERSION,
        "kind": "Workflow",
        "name": "etl",
        "uid": "u1",
        "controller": True,
    }
    meta = {"name": "workflow-etl", "namespace": "shop", "uid": "s", "resourceVersion": "7"}
    service = {"kind": "Service", "metadata": meta | {"ownerReferences": [owner]}}
    observer.child(Packed.of(service), exists=True)
    cluster = Cluster()

    async with a_room(cluster, observer) as room:
        await room.look(KEY)

    assert cluster.deleted == ["services/workflow-etl"]


async def test_a_second_look_at_the_same_writes_no_status() -> None:
    manifest = a_manifest(state="Draft")
    cluster = Cluster()
    async with a_room(cluster, an_observer(manifest)) as room:
        await room.look(KEY)

    observer = an_observer(manifest | {"status": cluster.statuses[0]})
    for one in cluster.objects:
        named = {"uid": one["metadata"]["name"], "resourceVersion": "7"}
        observer.child(Packed.of(one | {"metadata": one["metadata"] | named}), exists=True)

    async with a_room(cluster, observer) as room:
        await room.look(KEY)

    assert len(cluster.statuses) == 1


async def test_an_object_that_cannot_be_read_says_so_in_its_status() -> None:
    cluster = Cluster()

    async with a_room(cluster, an_observer(a_manifest(steps="none"))) as room:
        await room.look(KEY)

    [status] = cluster.statuses
    assert ready(status)[1].startswith("spec.steps: ")
    assert cluster.applied == []


@pytest.mark.parametrize("key", [("shop", "gone")])
async def test_a_workflow_that_is_gone_is_left_alone(key: tuple[str, str]) -> None:
    cluster = Cluster()

    async with a_room(cluster, an_observer()) as room:
        await room.look(key)

    assert (cluster.applied, cluster.statuses) == ([], [])


async def test_a_workflow_whose_deletion_nobody_told_is_forgotten() -> None:
    async def gone(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"reason": "NotFound", "message": "no"}, status=404)

    observer = an_observer(a_manifest(state="Draft"))
    async with ScriptedApi([Cluster(), gone]) as api, Session(api.config) as session:
        room = Room(outside(session), observer, lambda _s, _d: None)

        await room.look(KEY)
        asked = len(api.asked)
        await room.look(KEY)

    assert KEY not in observer.workflows
    assert len(api.asked) == asked, "and nothing more is made for it"


@pytest.mark.parametrize("left", [True, False], ids=["is there", "is gone"])
async def test_where_nothing_can_be_made_a_workflow_is_forgotten_if_it_is_gone(left: bool) -> None:
    async def no_namespace(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and left:
            return web.json_response(a_manifest())
        gone = {"reason": "NotFound", "message": 'namespaces "shop" not found'}
        return web.json_response(gone, status=404)

    observer = an_observer()
    async with ScriptedApi([no_namespace]) as api, Session(api.config) as session:
        room = Room(outside(session), observer, lambda _seen, _desired: None)
        with pytest.raises(NotFound) if left else nullcontext():
            await room.look(KEY)

    assert (KEY in observer.workflows) is left


def test_a_namesake_is_not_forgotten() -> None:
    observer = an_observer()
    another = a_manifest()
    another["metadata"]["uid"] = "u0"

    observer.forget(another)

    assert KEY in observer.workflows
