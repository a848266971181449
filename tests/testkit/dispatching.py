"""The operator's dispatch on loopback: real links to real runner servers, its ports in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from sluice_core import wire
from sluice_core.admission import Standing
from sluice_kube.admission import Counters
from sluice_operator.run.calls import Means, Pod
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.run.herald import Herald
from sluice_operator.run.observed import Flow, Name, Pinned, Run, has_ended
from sluice_operator.run.ports import Ports
from sluice_operator.run.solo import Over, Refused
from sluice_operator.run.subscribers import Subscribers
from sluice_runner.server.attempt import Attempt
from testkit import runner_server
from testkit.counting import ConfigMaps
from testkit.eventually import until
from testkit.runner_server import DEFINITION, DEFINITION_HASH, NOW, RunnerServer

FLOW = Name("shop", "etl")
STANDING = {"state", "replicas", "policy", "window", "verbs"}
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def a_version(number: int = 3, **fields: Any) -> Pinned:
    """A version that the runner servers of the tests know how to read."""
    defaults = {"digest": DEFINITION_HASH, "raw": DEFINITION, "steps": 2, "loss_limit": 5}
    return Pinned(version=number, **{**defaults, **fields})


def a_flow(**fields: Any) -> Flow:
    """A workflow whose runs may go; fields of its standing are told apart by their names."""
    given = {name: fields.pop(name) for name in STANDING & fields.keys()}
    defaults = {
        "uid": "workflow-uid",
        "standing": Standing(name=FLOW.name, **given),
        "current": a_version(),
    }
    return Flow(**{**defaults, **fields})


def a_manifest(uid: str = "run-1", **fields: Any) -> dict[str, Any]:
    """A WorkflowRun as the watch brings it; `status` and `created` apart, fields of its spec."""
    status, created = fields.pop("status", {}), fields.pop("created", "2026-01-31T11:00:00Z")
    return {
        "metadata": {
            "name": uid,
            "namespace": FLOW.namespace,
            "uid": uid,
            "generation": 1,
            "creationTimestamp": created,
        },
        "spec": {"workflow": FLOW.name, **fields},
        "status": status,
    }


@dataclass
class Objects:
    """The runs that the API server has besides those that dispatch was given."""

    runs: dict[Name, dict[str, Any]] = field(default_factory=dict)
    workflows: set[Name] = field(default_factory=lambda: {FLOW})
    cancelled: list[str] = field(default_factory=list)
    created: asyncio.Event = field(default_factory=asyncio.Event)
    watch: Callable[[dict[str, Any]], None] | None = None

    async def read(self, name: Name) -> dict[str, Any] | None:
        return self.runs.get(name)

    async def ended(self, flow: Name) -> list[dict[str, Any]]:
        runs = self.runs.values()
        return [one for one in runs if one["spec"]["workflow"] == flow.name and has_ended(one)]

    async def has_workflow(self, flow: Name) -> bool:
        return flow in self.workflows

    async def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        meta = manifest["metadata"]
        name = Name(meta["namespace"], meta["name"])
        if name not in self.runs:
            given = {"uid": name.name, "creationTimestamp": "2026-01-31T11:30:00Z"}
            self.runs[name] = manifest | {"metadata": meta | given}
            self.created.set()
            if self.watch is not None:
                self.watch(self.runs[name])
        return self.runs[name]

    async def cancel(self, name: Name, uid: str) -> None:
        self.cancelled.append(f"{name.name} {uid}")


@dataclass
class SoloPods:
    """The pods for single runs that were asked for, as run and attempt; `refusal` is why not."""

    made: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refusal: str = ""
    over: set[str] = field(default_factory=set)

    async def make(self, run: Run) -> None:
        if self.refusal:
            raise Refused(self.refusal)
        if run.solo in self.over:
            raise Over
        self.made.append(run.solo)

    async def remove(self, run: Run, attempt: int) -> None:
        self.removed.append(f"{run.uid}/{attempt}")


class Worker:
    """What runners execute: step after step, each held back until the test lets it go."""

    def __init__(self, *steps: str, held: tuple[str, ...] = ()) -> None:
        self.begun: list[tuple[str, int, str]] = []
        self._gates = {step: asyncio.Event() for step in steps}
        for step in steps:
            if step not in held:
                self._gates[step].set()

    def let_go(self, step: str) -> None:
        self._gates[step].set()

    async def __call__(self, attempt: Attempt[bytes]) -> None:
        request = attempt.request
        finished = {step.name for step in request.finished}
        for step in [name for name in self._gates if name not in finished]:
            self.begun.append((request.uid, request.attempt, step))
            attempt.emit(wire.StepStarted(step=step))
            await self._gates[step].wait()
            attempt.emit(_done(step))
        attempt.emit(wire.Finished(phase="Succeeded", reason="Succeeded", output=request.uid))


def _done(step: str) -> wire.StepFinished:
    return wire.StepFinished(
        step=step, phase="Succeeded", started=NOW, duration_ms=1, port="output", output=step
    )


@dataclass
class World:
    """What is outside of dispatch: workflows, runner pods, and an API server that takes statuses.

    It outlives dispatchers, as the cluster outlives leaders.
    """

    http: aiohttp.ClientSession
    flow: Flow | None = field(default_factory=a_flow)
    versions: dict[int, Pinned] = field(default_factory=lambda: {3: a_version()})
    leads: bool = True
    epoch: int = 1
    superseded: int = 0
    over: list[tuple[str, str]] = field(default_factory=list)
    demanded: list[Name] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    writes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    late: tuple[str, ...] = ("Pending", "Running", "Retrying", "Succeeded", "Failed", "Cancelled")
    takes_writes: asyncio.Event = field(default_factory=asyncio.Event)
    servers: dict[str, RunnerServer] = field(default_factory=dict)
    objects: Objects = field(default_factory=Objects)
    pods: SoloPods = field(default_factory=SoloPods)
    counts: ConfigMaps = field(default_factory=ConfigMaps)
    subscribers: Subscribers = field(default_factory=Subscribers)
    looked_at: list[Name] = field(default_factory=list)
    clock: datetime = NOON
    jitter: float = 0.0

    def status(self, uid: str) -> dict[str, Any]:
        """What was written last."""
        return next((made for other, made in reversed(self.writes) if other == uid), {})

    def phases(self, uid: str) -> list[str]:
        return [made["phase"] for other, made in self.writes if other == uid]

    def reason(self, uid: str) -> str:
        made = self.status(uid)
        return str(made["conditions"][0]["reason"]) if made else ""

    async def until_over(self, *uids: str) -> None:
        wanted = set(uids)
        await until(lambda: wanted <= {uid for uid, _ in self.over}, f"the end of {wanted}")

    async def until_counted(self) -> None:
        """Wait until something is counted against a plan."""
        await until(lambda: bool(self.counts.objects), "a count")

    async def until_forgotten(self, pod: str) -> None:
        """Wait for the runner to have everything acknowledged."""
        await until(lambda: not self.servers[pod].holdings.held, f"acknowledgements at {pod}")

    def pod(self, uid: str, **changes: Any) -> Pod:
        port = self.servers[uid].port
        given = {"uid": uid, "name": uid, "address": "127.0.0.1", "port": port, **changes}
        return Pod(namespace=FLOW.namespace, workflow=FLOW.name, workflow_uid="w", **given)

    def herald(self) -> Herald:
        """Tells the workflows that wait for events of what becomes of runs."""
        return Herald(self.subscribers, self.objects, lambda _: self.flow, lambda: self.clock)

    def ports(self, herald: Herald) -> Ports:
        async def pin(_flow: Name, number: int) -> Pinned | None:
            return self.versions.get(number)

        async def exists(run: Run) -> bool:
            return run.uid not in self.gone

        def supersede() -> None:
            self.superseded += 1

        return Ports(
            flow=lambda _: self.flow,
            pin=pin,
            write=self._write,
            exists=exists,
            demand=self.demanded.append,
            ended=lambda run, made, _at: self.over.append((run.uid, made["phase"])),
            leading=lambda: self.leads,
            now=lambda: self.clock,
            superseded=supersede,
            objects=self.objects,
            pods=self.pods,
            counters=Counters(self.counts, lambda: self.clock),
            look=self.looked_at.append,
            saw=herald.saw,
            tell=herald.ending,
            serves={"Publish": herald.publish},
            random=lambda: self.jitter,
        )

    async def _write(self, run: Run, made: dict[str, Any]) -> bool:
        self.asked.append(made["phase"])
        if made["phase"] in self.late:
            await self.takes_writes.wait()
        self.writes.append((run.uid, made))
        return run.uid not in self.gone

    @asynccontextmanager
    async def leader(
        self,
        *runs: dict[str, Any],
        pods: tuple[str, ...] | None = None,
        epoch: int = 1,
        started: bool = True,
    ) -> AsyncIterator[Dispatcher]:
        """A dispatcher that finds these runs, and all pods, at its start."""
        means = Means(
            http=self.http,
            token=lambda _workflow, pod: self.servers[pod].operator.token(),
            epoch=lambda: epoch,
        )
        herald = self.herald()
        dispatcher = Dispatcher(self.ports(herald), means)
        for pod in self.servers if pods is None else pods:
            dispatcher.pod_found(self.pod(pod))
        for run in runs:
            dispatcher.run_found(run)
        if started:
            dispatcher.start()
        try:
            yield dispatcher
        finally:
            await dispatcher.close()
            await herald.close()


@dataclass(frozen=True)
class Cluster:
    """Starts and stops the runner servers of a world."""

    world: World
    folder: Path
    _stacks: dict[str, AsyncExitStack] = field(default_factory=dict)
    _boots: Any = field(default_factory=lambda: count(1_000_000, 1_000_000))

    async def start(self, pod: str, work: runner_server.Work, **options: Any) -> RunnerServer:
        """A runner in a new pod, or the container of a pod once more."""
        keys = self.folder / pod
        keys.mkdir(exist_ok=True)
        stack = self._stacks[pod] = AsyncExitStack()
        running = runner_server.running(keys, work, boot=next(self._boots), **options)
        self.world.servers[pod] = await stack.enter_async_context(running)
        return self.world.servers[pod]

    async def kill(self, pod: str) -> int:
        """The process is gone, without a word; answers the port that it had."""
        await self._stacks.pop(pod).aclose()
        return self.world.servers[pod].port

    async def close(self) -> None:
        for pod in list(self._stacks):
            await self.kill(pod)


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """A world without runners, whose API server takes writes."""
    async with aiohttp.ClientSession() as http:
        made = Cluster(World(http), folder)
        made.world.takes_writes.set()
        try:
            yield made
        finally:
            await made.close()
