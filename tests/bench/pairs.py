"""The bare thing beside Sluice: one client that creates an object and patches its status.

The objects are of a kind of its own with the schema of WorkflowRun, which nobody watches, and of
the size of a real run and its real final status.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from bench.load import Call
from sluice_kube.resources import Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Session

CRDS = Resource(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
)
RUN_CRD = Path(__file__).parents[2] / "crds" / "workflowruns.yaml"


@asynccontextmanager
async def pairs(session: Session, model: Manifest) -> AsyncIterator[Call]:
    """A call that makes one pair, like the given ended run."""
    # A group of its own: that of an earlier bench may still be on its way out.
    probes = Resource(f"bench-{secrets.token_hex(3)}.sluice.dev", "v1alpha1", "probes", "Probe")
    crd = _crd(probes)
    key = Key("", crd["metadata"]["name"])
    created = await session.create(CRDS, crd)
    await _established(session, key, created["metadata"]["resourceVersion"])
    namespace = model["metadata"]["namespace"]

    async def pair() -> None:
        probe = _probe(probes, model)
        await session.create(probes, probe)
        operations = [{"op": "add", "path": "/status", "value": model["status"]}]
        name = probe["metadata"]["name"]
        await session.json_patch(probes, Key(namespace, name), operations, "status")

    try:
        yield pair
    finally:
        await session.delete(CRDS, key)


def _probe(probes: Resource, model: Manifest) -> Manifest:
    kept = ("namespace", "labels", "ownerReferences")
    metadata = {name: model["metadata"][name] for name in kept if name in model["metadata"]}
    return {
        "apiVersion": probes.api_version,
        "kind": probes.kind,
        "metadata": metadata | {"name": f"bench-{secrets.token_hex(6)}"},
        "spec": model["spec"],
    }


def _crd(probes: Resource) -> dict[str, Any]:
    crd: dict[str, Any] = yaml.safe_load(RUN_CRD.read_text())
    crd["metadata"] = {"name": f"{probes.plural}.{probes.group}"}
    names = {"kind": "Probe", "listKind": "ProbeList", "plural": probes.plural, "singular": "probe"}
    crd["spec"] |= {"group": probes.group, "names": names}
    return crd


async def _established(session: Session, key: Key, version: str) -> None:
    scope = Scope(fields=f"metadata.name={key.name}")
    async with session.stream(CRDS, version, scope) as lines:
        async for line in lines:
            if b'"type":"Established"' in line:
                return
