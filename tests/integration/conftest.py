"""The cluster that integration tests speak to, and a namespace of it for each test."""

import asyncio
import os
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cluster import place
from sluice_kube import errors, kubeconfig, retry
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import NAMESPACES, Key
from sluice_kube.sending import Settings
from sluice_kube.session import Session
from testkit.api_server import our_kinds

CRDS = Path(__file__).parents[2] / "crds"
NONE = "no cluster: {}. `make cluster` makes one; SLUICE_USE_CURRENT=1 takes that of $KUBECONFIG"


@pytest.fixture(scope="session", autouse=True)
def cluster_config() -> ClusterConfig:
    """Who runs integration tests wants them run: without a cluster they fail.

    $KUBECONFIG is set for those that read it, kubectl among them. A cluster of the user's is taken
    only when asked for, as everywhere in this harness.
    """
    path = place.kubeconfig(place.here())
    if not all(Path(part).is_file() for part in path.split(os.pathsep)):
        pytest.fail(NONE.format(f"{path} is not there"), pytrace=False)
    config = kubeconfig.read(path)
    try:
        asyncio.run(_asked(config))
    except errors.ApiError as error:
        pytest.fail(NONE.format(error), pytrace=False)
    os.environ["KUBECONFIG"] = path
    return config


@pytest.fixture(scope="module")
def kinds(cluster_config: ClusterConfig) -> Iterator[None]:
    """Our kinds in their own group, as the chart brings them."""
    with our_kinds(CRDS):
        yield


async def _asked(config: ClusterConfig) -> None:
    async with Session(config, Settings(timeout=5, retries=retry.NEVER)) as session:
        await session.get(NAMESPACES, Key("", "default"))


@pytest.fixture
def requests() -> Counter[tuple[str, str, int]]:
    """What `session` asked of the API server, by verb, subject and code."""
    return Counter()


@pytest.fixture
async def session(
    cluster_config: ClusterConfig, requests: Counter[tuple[str, str, int]]
) -> AsyncIterator[Session]:
    """A session with the rights of the kubeconfig's user."""
    async with Session(cluster_config, on_request=lambda *seen: requests.update([seen])) as session:
        yield session


@pytest.fixture
async def namespace(session: Session) -> AsyncIterator[str]:
    """A namespace that goes when the test ends, without being waited for."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await session.create(NAMESPACES, manifest)
    yield name
    await session.delete(NAMESPACES, Key("", name))
