"""What is measured against: a namespace with a no-op workflow, and a caller who may trigger it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import orjson

from bench.load import Call
from sluice_core import names
from sluice_kube.resources import (
    NAMESPACES,
    RUNS,
    SERVICE_ACCOUNTS,
    SERVICES,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.scope import Scope
from sluice_kube.session import Session

BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
RELEASE = "sluice-system"
READY_SECONDS = 60
ROLES = ("sluice-trigger", "sluice-view")


@dataclass(frozen=True)
class Stage:
    """A namespace, the gateway's address as the node reaches it, and a caller's token."""

    session: Session
    http: aiohttp.ClientSession
    namespace: str
    gateway: str
    token: str

    def trigger(self, workflow: str, *, sync: bool = True) -> Call:
        """A call that triggers the workflow, and when `sync` has its result."""
        url = f"{self.gateway}/api/v1/namespaces/{self.namespace}/workflows/{workflow}/trigger"
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"inputs": {"name": "Ada"}, "sync": sync}
        good = 200 if sync else 202

        async def call() -> None:
            async with self.http.post(url, json=body, headers=headers) as response:
                text = await response.text()
                if response.status != good or (sync and '"succeeded"' not in text):
                    raise RuntimeError(f"{response.status} {text[:500]}")

        return call

    async def an_ended_run(self, workflow: str) -> Manifest:
        """A run of the workflow as it is stored."""
        async for run in self.session.list(RUNS, Scope(namespace=self.namespace)):
            if run["spec"]["workflow"] == workflow and run.get("status", {}).get("phase"):
                return run
        raise LookupError(workflow)

    async def see(
        self, resource: Resource, name: str, holds: Callable[[Manifest], bool], seconds: float
    ) -> Manifest:
        """Wait until it holds of the object; raises TimeoutError."""
        scope = Scope(namespace=self.namespace, fields=f"metadata.name={name}")
        async with asyncio.timeout(seconds):
            while True:
                async with self.session.stream(resource, "0", scope) as lines:
                    async for line in lines:
                        found: Manifest = orjson.loads(line)["object"]
                        if holds(found):
                            return found

    async def deploy(self, workflow: str, steps: int) -> None:
        """Make a workflow of so many no-op steps, and wait until its runner is up."""
        await self.session.create(WORKFLOWS, _workflow(self.namespace, workflow, steps))
        await self.see(WORKFLOWS, workflow, _is_ready, READY_SECONDS)


@asynccontextmanager
async def stage(session: Session) -> AsyncIterator[Stage]:
    """Set it, and clear it away."""
    namespace = f"sluice-bench-{secrets.token_hex(3)}"
    await session.create(NAMESPACES, an_object(NAMESPACES, "", namespace))
    await session.create(SERVICE_ACCOUNTS, an_object(SERVICE_ACCOUNTS, namespace, "caller"))
    for role in ROLES:
        await session.create(BINDINGS, _binding(namespace, role))
    gateway = await session.get(SERVICES, Key(RELEASE, "sluice-gateway"))
    connector = aiohttp.TCPConnector(limit=256)
    async with aiohttp.ClientSession(connector=connector) as http:
        try:
            yield Stage(
                session,
                http,
                namespace,
                f"http://{gateway['spec']['clusterIP']}",
                await make_token(namespace),
            )
        finally:
            await session.delete(NAMESPACES, Key("", namespace))


async def make_token(namespace: str) -> str:
    """A further token of the caller, for an hour."""
    command = ("kubectl", "-n", namespace, "create", "token", "caller", "--duration=1h")
    process = await asyncio.create_subprocess_exec(
        *command, f"--audience={names.GATEWAY_AUDIENCE}", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode().strip()


def an_object(resource: Resource, namespace: str, name: str) -> Manifest:
    """Its identity; in no namespace where that is empty."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}


def _binding(namespace: str, name: str) -> Manifest:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", "name": "caller", "namespace": namespace}
    return an_object(BINDINGS, namespace, name) | {"roleRef": role, "subjects": [subject]}


def _workflow(namespace: str, name: str, steps: int) -> Manifest:
    step = {"action": "transform", "with": {"template": "done"}}
    return an_object(WORKFLOWS, namespace, name) | {
        "spec": {
            "lifecycle": {"policy": "AlwaysOn"},
            "runner": {"concurrency": 100},
            "steps": [step | {"name": f"s{number}"} for number in range(steps)],
        }
    }


def _is_ready(workflow: Manifest) -> bool:
    found = workflow.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found)
