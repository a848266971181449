"""Which cluster is meant: the user's own, kind in Docker, or the one that this harness makes."""

import os
import shutil
from collections.abc import Mapping
from typing import Literal

from cluster import layout
from cluster.commands import attempt

Place = Literal["current", "kind", "own"]


def choose(environment: Mapping[str, str], *, docker: bool, kind: bool) -> Place:
    """A cluster of the user's is touched only when asked for in so many words."""
    wanted = environment.get("KUBECONFIG", "")
    if wanted and environment.get("SLUICE_USE_CURRENT") == "1":
        # `make cluster` may have exported it: then its images are still ours to load.
        return "own" if wanted == str(layout.KUBECONFIG) and not docker else "current"
    return "kind" if docker and kind else "own"


def here() -> Place:
    """The choice for this machine and environment."""
    docker = shutil.which("docker") is not None and attempt("docker", "info")
    return choose(os.environ, docker=docker, kind=shutil.which("kind") is not None)


def kubeconfig(place: Place) -> str:
    """The file that speaks to the cluster of that place."""
    return os.environ["KUBECONFIG"] if place == "current" else str(layout.KUBECONFIG)
