"""A gateway in this process, on loopback, over a real API server; callers with real tokens."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from sluice_core import names
from sluice_gateway import serving
from sluice_gateway.gateway import Gateway, running
from sluice_gateway.settings import Settings
from sluice_kube import kubeconfig
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import (
    NAMESPACES,
    RUNS,
    SERVICE_ACCOUNTS,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.session import Session

ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
DEADLINE = 30


def cluster() -> ClusterConfig:
    """The cluster of $KUBECONFIG; the test is skipped where there is none."""
    path = os.environ.get("KUBECONFIG")
    if not path:
        pytest.skip("no cluster: set KUBECONFIG")
    return kubeconfig.read(path)


@dataclass(frozen=True)
class Answer:
    """What the gateway said."""

    status: int
    headers: Any
    body: Any


@dataclass
class World:
    """The cluster as its administrator sees it, one namespace of it, and a gateway's address."""

    session: Session
    namespace: str
    url: str
    gateway: Gateway
    told: asyncio.Event
    http: aiohttp.ClientSession

    async def workflow(self, name: str = "hello", **spec: Any) -> Manifest:
        """A workflow of one step, as its author applies it."""
        steps = [{"name": "say", "action": "log", "with": {"message": "hello"}}]
        return await self.session.create(
            WORKFLOWS,
            {
                "apiVersion": WORKFLOWS.api_version,
                "kind": "Workflow",
                "metadata": {"name": name, "namespace": self.namespace},
                "spec": {"steps": steps, **spec},
            },
        )

    async def account(self, *rules: tuple[str, str], name: str = "caller") -> None:
        """A ServiceAccount that may do what the rules (verb, resource) say, of whatever group."""
        meta = {"name": name, "namespace": self.namespace}
        role = {
            "rules": [
                {"apiGroups": [names.GROUP, ""], "verbs": [verb], "resources": [resource]}
                for verb, resource in rules
            ]
        }
        binding = {
            "roleRef": {"apiGroup": ROLES.group, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", **meta}],
        }
        for kind, content in ((SERVICE_ACCOUNTS, {}), (ROLES, role), (BINDINGS, binding)):
            manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
            await self.session.create(kind, manifest | content)

    async def token(
        self, audience: str | None = names.GATEWAY_AUDIENCE, name: str = "caller"
    ) -> str:
        """A token of the account; without an audience, one for the API server."""
        requests = Resource("", "v1", f"serviceaccounts/{name}/token", "TokenRequest")
        spec = {"audiences": [audience]} if audience else {}
        body = {"metadata": {"namespace": self.namespace}, "spec": spec}
        answer = await self.session.create(requests, body)
        return str(answer["status"]["token"])

    async def ask(
        self, method: str, path: str, token: str, body: Any = None, **headers: str
    ) -> Answer:
        """One request to the gateway; `path` is below the namespace, with `//` at the root."""
        base = "" if path.startswith("//") else f"/api/v1/namespaces/{self.namespace}"
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(
            method,
            self.url + base + path.removeprefix("/" if path.startswith("//") else ""),
            json=body,
            headers={"Authorization": f"Bearer {token}", **extra},
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.json(content_type=None))

    async def runs(self) -> list[Manifest]:
        """The runs in the namespace."""
        found = [run async for run in self.session.list(RUNS)]
        return [run for run in found if run["metadata"]["namespace"] == self.namespace]

    async def awaited_run(self) -> Manifest:
        """The one run, once somebody waits for it."""
        async with asyncio.timeout(DEADLINE):
            while not len(self.gateway.waiting):  # noqa: ASYNC110 - with a deadline
                await asyncio.sleep(0.02)
            while not (runs := await self.runs()):  # noqa: ASYNC110 - with a deadline
                await asyncio.sleep(0.02)
        [run] = runs
        return run

    async def end(self, run: Manifest, phase: str = "Succeeded", **status: Any) -> None:
        """What the operator does when a run is over."""
        patch = {"status": {"phase": phase, **status}}
        await self.session.merge_patch(RUNS, Key.of(run), patch, "status")


@asynccontextmanager
async def a_world(config: ClusterConfig, **settings: Any) -> AsyncIterator[World]:
    """A gateway that reaches its API server by `config`, and a namespace that goes at the end.

    It writes Secrets there.
    """
    namespace, told = f"gateway-{uuid.uuid4().hex[:8]}", asyncio.Event()
    chosen = Settings(
        host="127.0.0.1",
        port=_free_port(),
        linger_seconds=0,
        drain_seconds=1,
        credential_namespaces=(namespace,),
        **settings,
    )
    async with (
        Session(cluster()) as session,
        aiohttp.ClientSession() as http,
        running(chosen, config) as gateway,
    ):
        server = serving.make_server(chosen, gateway)
        serving_task = asyncio.ensure_future(serving.serve(chosen, gateway, server, told))
        metadata = {"name": namespace}
        await session.create(
            NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        )
        url = f"http://127.0.0.1:{chosen.port}"
        try:
            await _until_ready(gateway, server)
            yield World(session, namespace, url, gateway, told, http)
        finally:
            told.set()
            await serving_task
            await session.delete(NAMESPACES, Key("", namespace))


async def _until_ready(gateway: Gateway, server: serving.Server) -> None:
    async with asyncio.timeout(DEADLINE):
        while gateway.readiness.missing() or not server.started:  # noqa: ASYNC110 - with a deadline
            await asyncio.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
