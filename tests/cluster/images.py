"""The project's images: built when their content is new, brought to the cluster, and named."""

import json
import os

from cluster import buildah, docker, layout, runtime
from cluster.content import OPERATOR, RUNNER, TOOLS, Image, reference
from cluster.parts import UnfitMachineError
from cluster.place import Place

ALL = {"operator": OPERATOR, "runner": RUNNER, "tools": TOOLS}


def bring(place: Place) -> dict[str, str]:
    """Role to reference, as the cluster's nodes know it; also written to layout.IMAGES."""
    by_place = {"own": _bring_own, "kind": _bring_kind, "current": _bring_current}
    found = {role: by_place[place](image) for role, image in ALL.items()}
    layout.IMAGES.parent.mkdir(parents=True, exist_ok=True)
    layout.IMAGES.write_text(json.dumps(found, indent=2) + "\n")
    return found


def _bring_own(image: Image) -> str:
    name = reference(image, layout.ROOT, buildah.base())
    if name not in runtime.images():
        print(f"building {name}", flush=True)
        buildah.build(image, name)
    return name


def _bring_kind(image: Image) -> str:
    name = reference(image, layout.ROOT, "")
    docker.build(image, name)
    docker.load(name)
    return name


def _bring_current(image: Image) -> str:
    registry = os.environ.get("SLUICE_REGISTRY")
    if not registry:
        raise UnfitMachineError(
            "To try Sluice on a cluster of yours, set SLUICE_REGISTRY to a registry (host/path) "
            "that Docker here may push to and that the cluster pulls from."
        )
    name = reference(image, layout.ROOT, "")
    docker.build(image, name)
    return docker.push(name, registry)
