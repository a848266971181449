"""The bare thing beside Sluice: one client that creates an object and patches its status.

The objects are of a kind of its own with the schema of WorkflowRun, which nobody watches, and of
the size of a real run and its real final status.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from bench.load import Call
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest, Resource
from sluice_kube.session import Session

GROUP = "bench.sluice.dev"
PROBES = Resource(GROUP, "v1alpha1", "probes", "Probe")
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CRD", namespaced=False)
RUN_CRD = Path(__file__).parents[2] / "crds" / "workflowruns.yaml"


@asynccontextmanager
async def pairs(session: Session, model: Manifest) -> AsyncIterator[Call]:
    """A call that makes one pair, like the given ended run."""
    crd = _crd()
    key = Key("", crd["metadata"]["name"])
    with contextlib.suppress(errors.AlreadyExists):
        await session.create(CRDS, crd)
    await _established(session, key)
    namespace = model["metadata"]["namespace"]

    async def pair() -> None:
        probe = _probe(model)
        await session.create(PROBES, probe)
        operations = [{"op": "add", "path": "/status", "value": model["status"]}]
        name = probe["metadata"]["name"]
        await session.json_patch(PROBES, Key(namespace, name), operations, "status")

    try:
        yield pair
    finally:
        await session.delete(CRDS, key)


def _probe(model: Manifest) -> Manifest:
    kept = ("namespace", "labels", "ownerReferences")
    metadata = {name: model["metadata"][name] for name in kept if name in model["metadata"]}
    return {
        "apiVersion": PROBES.api_version,
        "kind": "Probe",
        "metadata": metadata | {"name": f"bench-{secrets.token_hex(6)}"},
        "spec": model["spec"],
    }


def _crd() -> dict[str, Any]:
    crd: dict[str, Any] = yaml.safe_load(RUN_CRD.read_text())
    crd["metadata"] = {"name": f"{PROBES.plural}.{GROUP}"}
    names = {"kind": "Probe", "listKind": "ProbeList", "plural": PROBES.plural, "singular": "probe"}
    crd["spec"] |= {"group": GROUP, "names": names}
    return crd


async def _established(session: Session, key: Key) -> None:
    async with session.stream(CRDS, "0") as lines:
        async for line in lines:
            if key.name.encode() in line and b'"type":"Established"' in line:
                break
    while True:
        try:
            await session.page(PROBES)
        except errors.NotFound:
            continue
        return
