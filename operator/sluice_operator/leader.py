"""What the leading replica runs: watches, rooms, dispatch and retention, wired to each other."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import aiohttp
from pydantic import ValidationError

from sluice_core import names, wire
from sluice_core.api.workflow import History, Workflow
from sluice_core.definition import Definition
from sluice_kube import errors, signing
from sluice_kube.informer import Informer
from sluice_kube.resources import (
    CONTROLLER_REVISIONS,
    NAMESPACES,
    PLANS,
    PODS,
    RUNS,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_kube.signing import SigningKey
from sluice_kube.status import StatusWriter
from sluice_operator import metrics
from sluice_operator.kopf_edge import Edge
from sluice_operator.run.calls import Means, Pod
from sluice_operator.run.dispatch import Dispatcher, Ports
from sluice_operator.run.objects import Objects
from sluice_operator.run.observed import TERMINAL, Flow, Name, Pinned, Run, has_ended
from sluice_operator.run.retention import Bounds
from sluice_operator.run.sweep import Sweeper
from sluice_operator.settings import Settings
from sluice_operator.workflow import flows
from sluice_operator.workflow.observe import Observer
from sluice_operator.workflow.observed import Installation, Observed
from sluice_operator.workflow.reconcile import Desired
from sluice_operator.workflow.room import CHILDREN, Room
from sluice_operator.workqueue import WorkQueue

log = logging.getLogger(__name__)

PUBLIC_KEYS = "sluice-public-keys"
KEYS_SECONDS = 15.0
WRITE_AGAIN_SECONDS = 1.0
MANAGED = f"{names.LABEL_MANAGED_BY}=sluice,{names.LABEL_WORKFLOW}"
UNDECIDED = ",".join(f"status.phase!={phase}" for phase in TERMINAL)


class Lease(Protocol):
    """What leading means to those who write."""

    @property
    def epoch(self) -> int:
        """Grows with each change of leader."""

    def is_leading(self) -> bool:
        """Whether writing is safe at this moment."""


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What the process has besides its own memory."""

    settings: Settings
    session: Session
    http: aiohttp.ClientSession
    key: SigningKey
    lease: Lease
    superseded: Callable[[], None]


class Leader:
    """One term of leadership: `run` until cancelled."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._session, self._lease = outside.session, outside.lease
        self._statuses = StatusWriter(self._session)
        self._flows: dict[Name, Flow] = {}
        self._histories: dict[Name, History] = {}
        self._public_keys: dict[str, str] = {}
        self._queue: WorkQueue[Name] = WorkQueue(self._look)
        self._observer = Observer(self._installation, self._pinned_versions)
        self._room = Room(self._session, self._statuses, self._observer, self._decided, now)
        self._dispatcher = Dispatcher(self._ports(), self._means())
        self._sweeper = self._make_sweeper()
        self._edge = Edge((WORKFLOWS, PLANS), self._seen)
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Watch children and pods first, then workflows and runs; adopt, dispatch, keep."""
        await self._read_keys()
        watches = self._watches()
        runs = Informer(self._session, RUNS, Scope(fields=UNDECIDED), on_change=self._run_changed)
        try:
            async with asyncio.TaskGroup() as tasks:
                for watch in watches:
                    tasks.create_task(watch.run())
                for watch in watches:
                    await watch.synced()
                tasks.create_task(self._edge.run())
                tasks.create_task(self._queue.run())
                tasks.create_task(runs.run())
                await runs.synced()
                self._dispatcher.start()
                self.ready.set()
                tasks.create_task(self._sweeper.run())
                tasks.create_task(self._keep_keys())
        finally:
            await self._dispatcher.close()

    # -- watches

    def _watches(self) -> list[Informer]:
        scope = Scope(labels=MANAGED)
        children = [
            Informer(self._session, one, scope, on_change=self._child_changed)
            for one in CHILDREN.values()
        ]
        return [
            Informer(self._session, NAMESPACES, on_change=self._namespace_changed),
            Informer(self._session, PODS, scope, on_change=self._pod_changed),
            *children,
        ]

    def _seen(self, resource: Resource, manifest: Manifest, exists: bool) -> None:
        """From Kopf."""
        key = Key.of(manifest)
        current = manifest if exists else None
        if resource is WORKFLOWS:
            flow = Name(*key)
            self._observer.workflow(flow, current)
            if current is None:
                self._flows.pop(flow, None)
                self._dispatcher.flow_changed(flow)
            self._queue.add(flow)
        else:
            self._add_all(self._observer.plan(key.name, current))

    def _namespace_changed(self, key: Key, _old: Manifest | None, new: Manifest | None) -> None:
        self._add_all(self._observer.namespace(key.name, new))

    def _child_changed(self, _key: Key, old: Manifest | None, new: Manifest | None) -> None:
        flow = self._observer.child(new or old or {}, exists=new is not None)
        if flow is not None:
            self._queue.add(Name(*flow))

    def _pod_changed(self, _key: Key, old: Manifest | None, new: Manifest | None) -> None:
        manifest = new or old or {}
        flow = Name(*self._observer.pod(manifest, exists=new is not None))
        ended = manifest.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if new is None or ended:
            self._dispatcher.pod_gone(manifest["metadata"]["uid"], flow)
        else:
            pod = _runner_pod(manifest)
            if pod is not None:
                self._dispatcher.pod_found(pod)
        self._queue.add(flow)

    def _run_changed(self, _key: Key, old: Manifest | None, new: Manifest | None) -> None:
        if new is not None:
            self._dispatcher.run_found(new)
        elif old is not None:
            self._dispatcher.run_gone(old)

    def _add_all(self, keys: Any) -> None:
        for key in keys:
            self._queue.add(Name(*key))

    # -- the workflow room

    async def _look(self, flow: Name) -> None:
        if not self._lease.is_leading():
            raise NotLeading(f"{flow} is looked at again once the Lease is renewed")
        with metrics.RECONCILE_SECONDS.time():
            await self._room.look(flow)
        metrics.QUEUE_DEPTH.set(len(self._queue))

    def _decided(self, seen: Observed, desired: Desired) -> None:
        meta, spec = seen.workflow.metadata, seen.workflow.spec
        flow = Name(meta.namespace, meta.name)
        decided = flows.decided(seen, desired)
        pinned = Pinned(
            version=decided.version,
            digest=decided.digest,
            raw=decided.raw,
            steps=decided.steps,
            loss_limit=decided.loss_limit,
            timeout_seconds=decided.timeout_seconds,
            retry=decided.retry,
        )
        self._flows[flow] = Flow(
            uid=decided.uid,
            state=decided.state,
            replicas=decided.replicas,
            current=pinned if decided.version else None,
            concurrency=decided.concurrency,
            invalid=decided.invalid,
            failure=decided.failure,
        )
        self._histories[flow] = spec.history
        self._dispatcher.flow_changed(flow)

    def _pinned_versions(self, key: tuple[str, str]) -> frozenset[int] | None:
        return self._dispatcher.pinned_versions(Name(*key))

    def _installation(self) -> Installation:
        settings = self._outside.settings
        return Installation(
            runner_image=settings.runner_image,
            pull_policy=settings.runner_pull_policy,
            requests={
                "cpu": settings.runner_cpu_request,
                "memory": settings.runner_memory_request,
            },
            limits={"memory": settings.runner_memory_limit},
            release_namespace=settings.release_namespace,
            gateway_service=settings.gateway_service,
            cluster_domain=settings.cluster_domain,
            public_keys=self._public_keys,
        )

    async def _read_keys(self) -> bool:
        found = await signing.public_keys(
            self._session, self._outside.settings.release_namespace, PUBLIC_KEYS
        )
        changed = found != self._public_keys
        self._public_keys = found
        return changed

    async def _keep_keys(self) -> None:
        while True:
            await asyncio.sleep(KEYS_SECONDS)
            try:
                if await self._read_keys():
                    self._add_all(list(self._observer.workflows))
            except errors.ApiError as error:
                log.warning("reading public keys: %s", error)

    # -- what dispatch asks for

    def _ports(self) -> Ports:
        return Ports(
            flow=self._flows.get,
            pin=self._pin,
            write=self._write,
            exists=self._is_undecided,
            ended=self._run_ended,
            leading=self._lease.is_leading,
            now=now,
            superseded=self._outside.superseded,
            objects=Objects(self._session, self._lease.is_leading),
        )

    def _means(self) -> Means:
        key = self._outside.key
        return Means(
            http=self._outside.http,
            token=lambda workflow, pod: key.token(workflow, pod, wire.SCOPE_RUN),
            epoch=lambda: self._lease.epoch,
        )

    async def _pin(self, flow: Name, number: int) -> Pinned | None:
        name = names.revision(flow.name, number)
        try:
            found = await self._session.get(CONTROLLER_REVISIONS, Key(flow.namespace, name))
            definition = Definition.model_validate(found["data"], by_alias=True, by_name=False)
        except (errors.NotFound, ValidationError):
            return None
        return Pinned.of(number, definition)

    async def _write(self, run: Run, status: dict[str, Any]) -> bool:
        """Stores the status as soon as that is possible and allowed.

        One that the API server will never take is written without its details; where even
        that is refused, the run has ended by other hands.
        """
        is_bare = False
        while True:
            if self._lease.is_leading():
                try:
                    outcome = await self._statuses.write(RUNS, _live(run), status)
                except (errors.Invalid, errors.TooLarge) as error:
                    log.error("run %s: the API server refuses its status: %s", run.name, error)  # noqa: TRY400
                    if is_bare:
                        return True
                    status, is_bare = _bare(status, str(error)), True
                    continue
                except errors.ApiError as error:
                    log.warning("run %s: writing its status: %s", run.name, error)
                else:
                    return outcome != "gone"
            await asyncio.sleep(WRITE_AGAIN_SECONDS)

    async def _is_undecided(self, run: Run) -> bool:
        try:
            found = await self._session.get(RUNS, Key(*run.name))
        except errors.NotFound:
            return False
        return found["metadata"]["uid"] == run.uid and not has_ended(found)

    def _run_ended(self, run: Run, phase: str, at: datetime) -> None:
        metrics.RUNS_ENDED.labels(run.workflow.namespace, run.workflow.name, phase).inc()
        self._sweeper.ended(run, phase, at)

    async def _history(self, flow: Name) -> History | None:
        """What to keep of its runs; of a workflow that nobody has looked at yet by asking.

        The defaults are for runs that have outlived their workflow, and for no others.
        """
        if flow not in self._histories:
            try:
                found = await self._session.get(WORKFLOWS, Key(*flow))
                self._histories[flow] = Workflow.parse(found).spec.history
            except errors.NotFound:
                self._histories[flow] = History()
            except (errors.ApiError, ValidationError) as error:
                log.warning("%s: its history cannot be read: %s", flow, error)
        return self._histories.get(flow)

    def _make_sweeper(self) -> Sweeper:
        settings = self._outside.settings
        return Sweeper(
            self._session,
            self._history,
            Bounds(
                minimum=settings.run_minimum_seconds,
                keyed=max(settings.run_minimum_seconds, settings.dedupe_seconds),
            ),
            now,
            self._lease.is_leading,
            self._dispatcher.has_children,
        )


class NotLeading(Exception):  # noqa: N818 - a state, not a fault
    """Nothing is written while the Lease is not renewed."""


def now() -> datetime:
    """The clock of this process."""
    return datetime.now(UTC)


def _runner_pod(manifest: Manifest) -> Pod | None:
    """A pod that has an address, or None."""
    meta, status = manifest["metadata"], manifest.get("status", {})
    owner_uid = _env(manifest, "SLUICE_WORKFLOW_UID")
    if not status.get("podIP") or not owner_uid:
        return None
    return Pod(
        uid=meta["uid"],
        name=meta["name"],
        address=status["podIP"],
        namespace=meta["namespace"],
        workflow=meta["labels"][names.LABEL_WORKFLOW],
        workflow_uid=owner_uid,
    )


def _env(manifest: Manifest, name: str) -> str:
    [container] = [c for c in manifest["spec"]["containers"] if c["name"] == names.RUNNER_CONTAINER]
    return next((one.get("value", "") for one in container["env"] if one["name"] == name), "")


def _live(run: Run) -> Manifest:
    """As much of the object as a status write needs."""
    return {"metadata": {"namespace": run.name.namespace, "name": run.name.name, "uid": run.uid}}


def _bare(status: dict[str, Any], why: str) -> dict[str, Any]:
    """What is written when the rest cannot be: phase and condition are never lost."""
    kept = {k: v for k, v in status.items() if k not in ("steps", "output")}
    conditions = [
        one | {"message": f"{one['message']} (details were refused: {why})"[:1024]}
        for one in kept["conditions"]
    ]
    return kept | {"conditions": conditions, "truncated": True}
