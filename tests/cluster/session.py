"""Run tests on the cluster; one that was not there before is taken away afterwards."""

import os
import subprocess
import sys

from cluster import build, docker, images, layout, own, place
from cluster.locking import locked
from cluster.place import Place


def test(paths: list[str]) -> int:
    """pytest's exit status."""
    where = place.here()
    made = not running(where)
    try:
        with locked(layout.STATE.name):
            up(where)
            images.bring(where)
        command = [sys.executable, "-m", "pytest", *paths]
        environment = {
            **os.environ,
            "KUBECONFIG": place.kubeconfig(where),
            "PATH": f"{os.environ['PATH']}:{build.folder()}",
        }
        return subprocess.run(command, env=environment, cwd=layout.ROOT, check=False).returncode
    finally:
        if made:
            with locked(layout.STATE.name):
                down(where)


def running(where: Place) -> bool:
    """Whether a cluster of that place is there, so that it is not ours to take away."""
    if where == "current":
        return True
    return docker.running() if where == "kind" else own.running()


def up(where: Place) -> None:
    """Make it, or find it healthy."""
    if where == "own":
        own.up()
    elif where == "kind":
        docker.up()


def down(where: Place) -> None:
    """Take it away; a cluster of the user's stays."""
    if where == "own":
        own.down()
    elif where == "kind":
        docker.down()
