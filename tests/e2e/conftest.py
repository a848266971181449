"""The chart, installed once for all tests; a namespace for each file."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import images, layout, place
from cluster.locking import locked
from testkit.e2e import kubectl, release, space
from testkit.e2e.space import Space

HERE = Path(__file__).parent
NONE = (
    "no cluster: {} is not there. `make e2e` makes one; "
    "SLUICE_USE_CURRENT=1 takes that of $KUBECONFIG"
)
LAST = ("test_api_server_restart.py", "test_upgrade.py")  # they disturb everyone else


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here, and put it in an order in which nobody disturbs the others."""
    places = [at for at, item in enumerate(items) if item.path.parent == HERE]
    ordered = sorted((items[at] for at in places), key=_turn)
    for at, item in zip(places, ordered, strict=True):
        item.add_marker(pytest.mark.e2e)
        items[at] = item


def _turn(item: pytest.Item) -> int:
    name = item.path.name
    return 1 + LAST.index(name) if name in LAST else 0


@pytest.fixture(scope="session", autouse=True)
def installed() -> Iterator[None]:
    """Images of this checkout, the chart with them, and a plan that lets tests reach their pods.

    One such session at a time: it kills what another would rely on.
    """
    where = place.here()
    config = place.kubeconfig(where)
    if not all(Path(part).is_file() for part in config.split(os.pathsep)):
        pytest.fail(NONE.format(config), pytrace=False)
    os.environ["KUBECONFIG"] = config
    with locked("e2e"):
        with locked(layout.STATE.name):
            images.bring(where)
        ours = not release.installed()
        release.install()
        kubectl.apply("default", space.make_plan())
        yield
        if ours:
            kubectl.run("delete", "workflowplan", space.PLAN, "--wait=false")
            release.uninstall()


@pytest.fixture(scope="module")
def here(installed: None) -> Iterator[Space]:
    """A namespace with a client."""
    made = space.make()
    yield made
    space.remove(made)


@pytest.fixture(scope="module")
def recorded(installed: None) -> Iterator[Space]:
    """A namespace with a client and a recorder."""
    made = space.make(recorder=True)
    yield made
    space.remove(made)
