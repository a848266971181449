"""What workflows cost that have nothing to do: the operator's memory, its start, its writes."""

import asyncio
import re
import time

from bench.report import Figure
from bench.stage import RELEASE, Stage, an_object
from bench.writes import written
from sluice_core import names
from sluice_kube.config import ClusterConfig
from sluice_kube.resources import LEASES, PODS, WORKFLOWS, Key, Manifest

AT_ONCE = 16
SECONDS = 540
QUIET_SECONDS = 10
PORT = 8080
LOOKS = re.compile(r"^sluice_reconcile_seconds_count (\S+)$", re.MULTILINE)
MEMORY = re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE)
# Not of its Lease. What the API server counts would hold what Kubernetes writes of Deployments.
OWN_WRITES = re.compile(
    r'^sluice_api_requests_total\{.*resource="(?!leases").*verb="(?:create|apply|patch|update|delete)"'
    r"\} (\S+)$",
    re.MULTILINE,
)
WRITTEN = (
    ("sluice.dev", "workflows"),
    ("", "services"),
    ("", "serviceaccounts"),
    ("", "configmaps"),
    ("apps", "deployments"),
    ("apps", "controllerrevisions"),
    ("networking.k8s.io", "networkpolicies"),
)


async def figures(on: Stage, cluster: ClusterConfig, size: int) -> list[Figure]:
    """`operator_rss_mb_N`, and of the restart its seconds and its writes."""
    print(f"making {size} idle workflows", flush=True)
    await _make(on, range(size))
    print("restarting the leader", flush=True)
    return await _measured(on, cluster, size)


async def _make(on: Stage, numbers: range) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            await on.session.create(WORKFLOWS, _workflow(on, number))

    await asyncio.gather(*(one(number) for number in numbers))
    await on.see(WORKFLOWS, _name(numbers[-1]), _is_asleep, SECONDS)


async def _measured(on: Stage, cluster: ClusterConfig, size: int) -> list[Figure]:
    await _is_quiet(on, cluster)
    leader = await _leader(on)
    begun = time.perf_counter()
    await on.session.delete(PODS, leader)
    await _looked_at(on, size, other_than=leader)
    seconds = time.perf_counter() - begun
    await asyncio.sleep(QUIET_SECONDS)
    said = await _metrics(on, await _leader(on))
    memory, made = float(MEMORY.findall(said)[0]) / 1e6, sum(map(float, OWN_WRITES.findall(said)))
    return [
        Figure(f"operator_rss_mb_{size}", memory, "MB", "<= 250"),
        Figure(f"operator_restart_s_{size}", seconds, "s", "<= 30"),
        Figure(f"operator_restart_writes_{size}", made, "writes", "<= 0"),
    ]


async def _is_quiet(on: Stage, cluster: ClusterConfig) -> None:
    """Wait until nobody writes any more."""
    async with asyncio.timeout(SECONDS):
        last = -1.0
        while (now := await _writes(cluster)) != last:
            last = now
            await asyncio.sleep(QUIET_SECONDS)


async def _looked_at(on: Stage, size: int, *, other_than: Key) -> None:
    """Wait until another leader has looked at all of them."""
    async with asyncio.timeout(SECONDS):
        while True:
            await asyncio.sleep(0.2)
            leader = await _leader(on)
            if not leader.name or leader == other_than:
                continue  # one that ends well gives the Lease back
            looks = LOOKS.findall(await _metrics(on, leader))
            if looks and float(looks[0]) >= size:
                return


async def _writes(cluster: ClusterConfig) -> float:
    return sum(
        [
            await written(cluster, group, plural, status=group == names.GROUP)
            for group, plural in WRITTEN
        ]
    )


async def _leader(on: Stage) -> Key:
    lease = await on.session.get(LEASES, Key(RELEASE, names.LEASE))
    holder: str = lease["spec"].get("holderIdentity") or ""
    return Key(RELEASE, holder.rpartition("-")[0])


async def _metrics(on: Stage, pod: Key) -> str:
    found = await on.session.get(PODS, pod)
    url = f"http://{found['status']['podIP']}:{PORT}/metrics"
    async with on.http.get(url) as answer:
        return await answer.text()


def _is_asleep(workflow: Manifest) -> bool:
    return bool(workflow.get("status", {}).get("deploymentStatus") == "Stopped")


def _workflow(on: Stage, number: int) -> Manifest:
    steps = [
        {"name": "greet", "action": "transform", "with": {"template": f"{number} {{{{ data }}}}"}},
        {"name": "tell", "action": "log", "with": {"message": "{{ data }}"}},
    ]
    return an_object(WORKFLOWS, on.namespace, _name(number)) | {
        "spec": {"lifecycle": {"policy": "OnDemand"}, "steps": steps}
    }


def _name(number: int) -> str:
    return f"idle-{number}"
