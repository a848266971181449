"""A few requests to a real API server, whose refusals a test reads as they are."""

import asyncio
import http.client
import json
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sluice_core.api.kind import API_VERSION, VERSION
from sluice_core.api.meta import Resource
from sluice_core.crd import KINDS, make_definition
from sluice_core.manifest import Manifest
from sluice_kube.config import ClusterConfig

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DRY = "dryRun=All"
STRICT = "fieldValidation=Strict&fieldManager=test"
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Answer:
    """What the API server said."""

    code: int
    body: Manifest

    @property
    def message(self) -> str:
        """The text of a Status; "" for an object."""
        return str(self.body.get("message", "")) if self.body.get("kind") == "Status" else ""


class ApiServer:
    """The cluster of a configuration, with the rights that its user has.

    `group` is where our kinds are: a group of the test's own has the definitions of this checkout,
    and no operator that works on its objects.
    """

    def __init__(self, config: ClusterConfig, group: str) -> None:
        self.group = group
        self._host = urlsplit(config.server)
        self._tls = config.tls
        token = asyncio.run(_token(config))
        self._authority = {"Authorization": f"Bearer {token}"} if token else {}

    def request(
        self, method: str, path: str, body: Any = None, content: str = "application/json"
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPSConnection(self._host.netloc, context=self._tls, timeout=30)
        try:
            payload = None if body is None else json.dumps(body)
            headers = {"Content-Type": content, **self._authority}
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read()))
        finally:
            connection.close()

    def create(self, manifest: Manifest, *, dry: bool = True) -> Answer:
        """Create an object of ours, by default only on trial."""
        query = f"?{STRICT}&{DRY}" if dry else f"?{STRICT}"
        body = manifest | {"apiVersion": f"{self.group}/{VERSION}"}
        return self.request("POST", self.path_of(manifest) + query, body)

    def path_of(self, manifest: Manifest) -> str:
        """The collection that an object of ours belongs to."""
        plural = f"{manifest['kind'].lower()}s"
        namespace = manifest["metadata"].get("namespace")
        within = f"/namespaces/{namespace}" if namespace else ""
        return f"/apis/{self.group}/{VERSION}{within}/{plural}"

    def patch(self, manifest: Manifest, body: Manifest, subresource: str = "") -> Answer:
        """Merge into an object of ours, or into its status or scale."""
        name = manifest["metadata"]["name"]
        path = f"{self.path_of(manifest)}/{name}" + (f"/{subresource}" if subresource else "")
        return self.request("PATCH", f"{path}?{STRICT}", body, MERGE)


async def _token(config: ClusterConfig) -> str | None:
    return await config.token.token()


@contextmanager
def a_group(config: ClusterConfig) -> Iterator[ApiServer]:
    """Our kinds in a group of the test's own."""
    api = ApiServer(config, f"t{uuid.uuid4().hex[:8]}.sluice.test")
    try:
        for model in KINDS:
            made = api.request("POST", DEFINITIONS, _moved(make_definition(model), api.group))
            assert made.code == 201, made.message
        for model in KINDS:
            eventually(
                partial(_served, api, f"/apis/{api.group}/{VERSION}/{model.kind_info.plural}")
            )
        yield api
    finally:
        for model in KINDS:
            api.request("DELETE", f"{DEFINITIONS}/{model.kind_info.plural}.{api.group}")


@contextmanager
def our_kinds(crds: Path) -> Iterator[None]:
    """Our kinds in their own group, for what cannot work in another one.

    Where the chart is installed they are there already, and stay.
    """
    made = not _kubectl("get", "crd", "-o", "name", "--ignore-not-found", "workflows.sluice.dev")
    if made:
        _kubectl("apply", "--server-side", "-f", str(crds))
        _kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(crds))
    try:
        yield
    finally:
        if made:  # the chart, which comes later, takes over no stranger's definitions
            _kubectl("delete", "--wait", "--timeout=60s", "-f", str(crds))


def _kubectl(*words: str) -> str:
    done = subprocess.run(["kubectl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _served(api: ApiServer, path: str) -> bool:
    return api.request("GET", path).code == 200


def _moved(definition: Manifest, group: str) -> Manifest:
    name = f"{definition['spec']['names']['plural']}.{group}"
    return definition | {"metadata": {"name": name}, "spec": definition["spec"] | {"group": group}}


def eventually(holds: Callable[[], bool], within: float = 30) -> None:
    """Ask again until it holds."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} s"
        threading.Event().wait(0.05)


@contextmanager
def a_namespace(api: ApiServer) -> Iterator[str]:
    """A namespace that goes when the test ends."""
    name = f"crd-{uuid.uuid4().hex[:8]}"
    made = api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    assert made.code == 201, made.message
    try:
        yield name
    finally:
        api.request("DELETE", f"/api/v1/namespaces/{name}")


def an_object(model: type[Resource], spec: Manifest, **metadata: Any) -> Manifest:
    """A manifest of ours, in the namespace default unless it says otherwise."""
    namespace = {} if model.kind_info.scope == "Cluster" else {"namespace": "default"}
    return {
        "apiVersion": API_VERSION,
        "kind": model.kind_info.name,
        "metadata": {"name": "tried", **namespace, **metadata},
        "spec": spec,
    }
