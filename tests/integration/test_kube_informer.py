"""What an informer and a follower see, on a real API server, gaps included."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import orjson
import pytest

from sluice_kube.config import ClusterConfig
from sluice_kube.follow import follow
from sluice_kube.informer import Informer
from sluice_kube.resources import CONFIG_MAPS, Key, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from testkit.eventually import until
from testkit.relay import relaying

pytestmark = pytest.mark.integration

Change = tuple[str, str | None, str | None]


@asynccontextmanager
async def running(task: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def a_config_map(namespace: str, name: str, value: str = "1") -> Manifest:
    metadata = {"namespace": namespace, "name": name, "labels": {"app": "kube"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"v": value}}


def recorder(changes: list[Change]) -> Callable[[Key, Manifest | None, Manifest | None], None]:
    def value(manifest: Manifest | None) -> str | None:
        return manifest["data"]["v"] if manifest else None

    return lambda key, old, new: changes.append((key.name, value(old), value(new)))


async def test_each_change_is_reported_once(session: Session, namespace: str) -> None:
    scope, changes = Scope(namespace, labels="app=kube"), list[Change]()
    await session.create(CONFIG_MAPS, a_config_map(namespace, "before"))
    informer = Informer(session, CONFIG_MAPS, scope, on_change=recorder(changes))

    async with running(asyncio.create_task(informer.run())):
        await informer.synced()
        await session.create(CONFIG_MAPS, a_config_map(namespace, "a"))
        await session.merge_patch(CONFIG_MAPS, Key(namespace, "a"), {"data": {"v": "2"}})
        await session.delete(CONFIG_MAPS, Key(namespace, "a"))
        await until(lambda: len(changes) == 4, "four changes")

    assert changes == [("before", None, "1"), ("a", None, "1"), ("a", "1", "2"), ("a", "2", None)]
    assert dict(informer.items()).keys() == {Key(namespace, "before")}


async def test_a_gap_hides_no_deletion_and_no_namesake(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    scope, changes = Scope(namespace, labels="app=kube"), list[Change]()
    for name in ("goes", "replaced", "stays"):
        await session.create(CONFIG_MAPS, a_config_map(namespace, name))
    async with relaying(cluster_config) as line, Session(line.config) as behind:
        informer = Informer(behind, CONFIG_MAPS, scope, on_change=recorder(changes))
        async with running(asyncio.create_task(informer.run())):
            await informer.synced()
            changes.clear()
            line.cut()
            informer._lose_place()  # as after a 410, which needs minutes to come about
            await session.delete(CONFIG_MAPS, Key(namespace, "goes"))
            await session.delete(CONFIG_MAPS, Key(namespace, "replaced"))
            await session.create(CONFIG_MAPS, a_config_map(namespace, "replaced", "2"))
            line.mend()
            await until(lambda: len(changes) == 3, "the gap is made up for")

    assert sorted(changes, key=str) == [
        ("goes", "1", None),
        ("replaced", "1", None),
        ("replaced", None, "2"),
    ]


async def test_a_broken_connection_is_resumed_without_a_list(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    asked: list[str] = []
    changes: list[Change] = []
    scope = Scope(namespace, labels="app=kube")
    async with (
        relaying(cluster_config) as line,
        Session(line.config, on_request=lambda verb, *_: asked.append(verb)) as behind,
    ):
        informer = Informer(behind, CONFIG_MAPS, scope, on_change=recorder(changes))
        async with running(asyncio.create_task(informer.run())):
            await informer.synced()
            await until(lambda: "watch" in asked, "the watch is open")
            line.cut()
            await session.create(CONFIG_MAPS, a_config_map(namespace, "meanwhile"))
            line.mend()
            await until(lambda: bool(changes), "what happened meanwhile")

    assert changes == [("meanwhile", None, "1")]
    assert asked.count("list") == 1


async def test_a_version_that_is_too_old_is_listed_again(session: Session, namespace: str) -> None:
    changes: list[Change] = []
    informer = Informer(
        session, CONFIG_MAPS, Scope(namespace, labels="app=kube"), on_change=recorder(changes)
    )
    informer._version = "1"

    async with running(asyncio.create_task(informer.run())):
        await session.create(CONFIG_MAPS, a_config_map(namespace, "a"))
        await until(lambda: bool(changes), "the list after 410")

    assert changes == [("a", None, "1")]


async def test_a_follower_hears_lines_from_now_on_and_of_no_gap_that_was_none(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    heard: list[str] = []

    def on_line(line: bytes) -> None:
        event = orjson.loads(line)
        heard.append(f"{event['type']} {event['object']['metadata']['name']}")

    await session.create(CONFIG_MAPS, a_config_map(namespace, "before"))
    async with relaying(cluster_config) as line, Session(line.config) as behind:
        scope = Scope(namespace, labels="app=kube")
        following = follow(behind, CONFIG_MAPS, on_line, lambda: heard.append("gap"), scope)
        async with running(asyncio.create_task(following)):
            await until(lambda: "gap" in heard, "the watch begins")
            await session.create(CONFIG_MAPS, a_config_map(namespace, "a"))
            await until(lambda: "ADDED a" in heard, "a")
            line.cut()
            await session.create(CONFIG_MAPS, a_config_map(namespace, "b"))
            line.mend()
            await until(lambda: "ADDED b" in heard, "b")

    assert heard == ["gap", "ADDED a", "ADDED b"]
