"""The API server is killed in the midst and starts again: nothing is lost, nothing ends."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from cluster import place
from sluice_kube.campaign import Timing
from sluice_kube.config import ClusterConfig
from sluice_kube.follow import follow
from sluice_kube.informer import Informer
from sluice_kube.resources import CONFIG_MAPS, Key, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from testkit.candidates import a_candidate, running
from testkit.eventually import until

TESTS = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(place.here() != "own", reason="only a cluster of our own is killed"),
]


def a_config_map(namespace: str, name: str) -> Manifest:
    metadata = {"namespace": namespace, "name": name, "labels": {"app": "kube"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


async def restart_api_server() -> None:
    """As `make` would do it, in a process of its own, which the new API server outlives."""
    words = (sys.executable, "-m", "cluster", "restart", "apiserver")
    assert await (await asyncio.create_subprocess_exec(*words, cwd=TESTS)).wait() == 0


@asynccontextmanager
async def watching(*tasks: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_watches_writers_and_leadership_outlive_the_api_server(
    cluster_config: ClusterConfig, session: Session, namespace: str
) -> None:
    scope = Scope(namespace, labels="app=kube")
    gaps: list[None] = []
    heard: list[bytes] = []
    informer = Informer(session, CONFIG_MAPS, scope)
    following = follow(session, CONFIG_MAPS, heard.append, lambda: gaps.append(None), scope)
    watches = asyncio.create_task(informer.run()), asyncio.create_task(following)
    leader, standby = (a_candidate(cluster_config, namespace, n, Timing()) for n in ("a", "b"))
    async with watching(*watches), running(leader, standby):
        await informer.synced()
        await until(lambda: bool(gaps), "the follower follows")
        await until(
            lambda: leader.elector.is_leading() or standby.elector.is_leading(), "one leads"
        )
        if standby.elector.is_leading():
            leader, standby = standby, leader
        epoch = leader.elector.epoch
        await session.create(CONFIG_MAPS, a_config_map(namespace, "before"))
        await until(lambda: len(informer) == 1, "before is seen")

        await restart_api_server()
        created = await session.create(CONFIG_MAPS, a_config_map(namespace, "during"))
        await session.delete(CONFIG_MAPS, Key(namespace, "before"))

        await until(lambda: {key.name for key, _ in informer.items()} == {"during"}, "seen", 20)
        await until(lambda: len(gaps) > 1 or any(b"during" in line for line in heard), "told", 20)
        await until(leader.elector.is_leading, "leads again", 20)
        assert created["metadata"]["name"] == "during"
        assert leader.elector.epoch == epoch
        assert standby.told == []
