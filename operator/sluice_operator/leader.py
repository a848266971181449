"""What the leading replica runs: watches, rooms, dispatch and retention, wired to each other."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import aiohttp
from pydantic import ValidationError

from sluice_core import names, wire
from sluice_core.admission import Standing
from sluice_core.api.action import WorkflowAction
from sluice_core.api.plan import PlanSpec
from sluice_kube.admission import Counters
from sluice_kube.informer import Informer
from sluice_kube.resources import (
    RUNS,
    WORKFLOWS,
    Key,
    Manifest,
)
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_kube.signing import SigningKey
from sluice_kube.status import StatusWriter
from sluice_operator import installed, metrics, readiness, resource_triggers
from sluice_operator.action.room import Room as ActionRoom
from sluice_operator.allowance import Allowances
from sluice_operator.containers import Containers
from sluice_operator.courier import Courier
from sluice_operator.credential import users
from sluice_operator.credential.room import Room as CredentialRoom
from sluice_operator.deadlines import Deadlines
from sluice_operator.deliveries import Deliveries
from sluice_operator.demands import Demands
from sluice_operator.keyring import Keyring
from sluice_operator.known import flow_of
from sluice_operator.kopf_edge import Edge
from sluice_operator.ledger import Ledger
from sluice_operator.looking import Looking
from sluice_operator.notices import Asked, Failures
from sluice_operator.plan.room import Room as PlanRoom
from sluice_operator.readiness import Readiness
from sluice_operator.resource.access import Problem
from sluice_operator.resource_triggers import ResourceTriggers
from sluice_operator.run.calls import Means
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.run.herald import Herald
from sluice_operator.run.histories import Histories
from sluice_operator.run.insisting import Insisting
from sluice_operator.run.objects import Objects
from sluice_operator.run.observed import TERMINAL, Flow, Name, Run
from sluice_operator.run.pinning import pin
from sluice_operator.run.ports import Ports
from sluice_operator.run.retention import Bounds, Ended
from sluice_operator.run.stored import Stored
from sluice_operator.run.subscribers import Subscribers
from sluice_operator.run.sweep import Sweeper, Use
from sluice_operator.run.tasks import Tasks
from sluice_operator.schedules import Schedules
from sluice_operator.settings import Settings
from sluice_operator.solo_pods import SoloPods
from sluice_operator.waking import Waking
from sluice_operator.watching import Concerned, Watching
from sluice_operator.workflow import flows, situation
from sluice_operator.workflow.observe import Observer
from sluice_operator.workflow.observed import Demand, Installation, Observed, Unwatched
from sluice_operator.workflow.reconcile import Desired
from sluice_operator.workflow.room import Outside as RoomOutside
from sluice_operator.workflow.room import Room

log = logging.getLogger(__name__)

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
        self._insist = Insisting(self._lease.is_leading)
        self._statuses = StatusWriter(self._session)
        self._stored = Stored(self._session, self._statuses, self._lease.is_leading)
        self._histories = Histories(self._session)
        self._flows: dict[Name, Flow] = {}
        self._keyring = Keyring(self._session, outside.settings.release_namespace)
        leading = self._lease.is_leading
        self._queue: Looking[Name] = Looking(self._look, leading)
        self._flushes: Deadlines[Key] = Deadlines(lambda key: self._queue.add(Name(*key)), now)
        self._ledger = Ledger(self._flushes.set, now)
        self._schedules = Schedules(
            self._session,
            self._ledger,
            self._vanished,
            self._run_refused,
            self._lease.is_leading,
            now,
        )
        self._resource_triggers = ResourceTriggers(self._outside_of_triggers())
        self._waking: Waking[Name] = Waking(self._queue.add_first, self._of_runs, now)
        self._observer = Observer(
            self._installation,
            self._pinned_versions,
            self._of_runs,
        )
        around = RoomOutside(
            session=self._session,
            statuses=self._statuses,
            ledger=self._ledger,
            now=now,
            reporter=outside.settings.identity,
        )
        self._room = Room(around, self._observer, self._decided)
        self._action_room = ActionRoom(self._statuses, self._action_judged, now)
        self._action_queue = Looking(self._action_room.look, leading, workers=1)
        self._containers = Containers(self._session, self._lease.is_leading, outside.settings)
        self._plan_room = PlanRoom(self._statuses, self._observer.namespaces, now)
        self._plan_queue = Looking(self._plan_room.look, leading, workers=1)
        self._counters = Counters(self._session, now)
        self._allowances = Allowances(self._counters, self._plan_of)
        self._tasks = Tasks()
        self._deliveries = Deliveries(self._make_courier(), self._stored, now)
        self._notices = Asked(self._session, outside.settings.identity, now)
        self._failures = Failures(self._session, outside.settings.identity, now, self._tasks.spawn)
        self._credential_times: Deadlines[users.Name] = Deadlines(self._credential_due, now)
        self._credentials = CredentialRoom(
            self._session, self._statuses, now, self._credential_times.set
        )
        self._credential_queue = Looking(self._credentials.look, leading)
        self._readiness: Readiness[Name] = Readiness(
            partial(readiness.ask, outside.http), self._answered, now
        )
        self._objects = Objects(self._session, self._lease.is_leading)
        self._subscribers = Subscribers()
        self._herald = Herald(self._subscribers, self._objects, self._flows.get, now)
        self._dispatcher = Dispatcher(self._ports(), self._means())
        self._sweeper = self._make_sweeper()
        self._demands = Demands(self._dispatcher, self._sweeper.activity, now)
        self._watching = Watching(self._concerned())
        self._edge = Edge((WORKFLOWS,), self._watching.seen)
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Watch children and pods first, then workflows and runs; adopt, dispatch, keep."""
        await self._insist(self._keyring.read)
        watches = self._watching.informers()
        runs: Informer[Manifest] = Informer(
            self._session, RUNS, Scope(fields=UNDECIDED), on_change=self._watching.run_changed
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                for watch in watches:
                    tasks.create_task(watch.run())
                for watch in watches:
                    await watch.synced()
                await self._insist(self._find_subscribers)
                tasks.create_task(self._watching.words().run())
                tasks.create_task(self._edge.run())
                tasks.create_task(runs.run())
                await runs.synced()
                self._dispatcher.start()
                tasks.create_task(self._queue.run())  # versions that runs need are known now
                tasks.create_task(self._action_queue.run())
                tasks.create_task(self._plan_queue.run())
                tasks.create_task(self._flushes.run())
                tasks.create_task(self._schedules.run())
                tasks.create_task(self._resource_triggers.run())
                tasks.create_task(self._failures.run())
                tasks.create_task(self._deliveries.run())
                tasks.create_task(self._credential_queue.run())
                tasks.create_task(self._credential_times.run())
                tasks.create_task(self._readiness.run())
                self.ready.set()
                tasks.create_task(self._waking.run())
                tasks.create_task(self._containers.sweep())
                tasks.create_task(self._sweeper.run())
                tasks.create_task(self._when_seeded())
                tasks.create_task(self._keyring.watch(self._watching.look_at_all))
        finally:
            await self._dispatcher.close()
            await self._herald.close()
            await self._deliveries.close()
            await self._containers.close()
            await self._tasks.close()

    async def _find_subscribers(self) -> None:
        """Before a run ends here: Kopf does not say when it has told of all workflows."""
        async for manifest in self._session.list(WORKFLOWS):
            self._subscribers.see(Name(*Key.of(manifest)), manifest)
            self._deliveries.see(Name(*Key.of(manifest)), manifest)

    def _concerned(self) -> Concerned:
        return Concerned(
            session=self._session,
            observer=self._observer,
            queue=self._queue,
            flows=self._flows,
            dispatcher=self._dispatcher,
            containers=self._containers,
            waking=self._waking,
            demands=self._demands,
            histories=self._histories,
            schedules=self._schedules,
            resource_triggers=self._resource_triggers,
            ledger=self._ledger,
            subscribers=self._subscribers,
            deliveries=self._deliveries,
            readiness=self._readiness,
            credentials=self._credentials,
            credential_queue=self._credential_queue,
            plan_room=self._plan_room,
            plan_queue=self._plan_queue,
            action_room=self._action_room,
            action_queue=self._action_queue,
        )

    # What was made before those whom it tells of something.

    def _vanished(self, key: Key, uid: str) -> None:
        self._watching.vanished(key, uid)

    def _run_refused(self, key: Key, uid: str, words: str) -> None:
        self._failures.told(Name(*key), uid, words)

    def _action_judged(self, name: str, found: WorkflowAction | None, fault: str) -> None:
        self._watching.action_judged(name, found, fault)

    def _credential_due(self, name: users.Name) -> None:
        self._credential_queue.add(name)

    # -- the workflow room

    async def _look(self, flow: Name) -> None:
        with metrics.RECONCILE_SECONDS.time():
            await self._room.look(flow)
        metrics.QUEUE_DEPTH.set(len(self._queue))

    def _answered(self, flow: Name, pod: str, said: wire.Readiness) -> None:
        self._observer.answer(flow, pod, said)
        self._queue.add(flow)

    def _triggers_judged(self, key: Key, problems: tuple[Problem, ...]) -> None:
        unwatched = tuple(Unwatched(one.reason, one.message) for one in problems)
        self._observer.triggers(key, unwatched)
        self._queue.add(Name(*key))

    def _decided(self, seen: Observed, desired: Desired) -> None:
        meta, spec = seen.workflow.metadata, seen.workflow.spec
        flow = Name.kept(meta.namespace, meta.name)
        decided = flows.decided(seen, desired)
        self._flows[flow] = flow_of(decided)
        self._containers.decided(seen)
        self._histories.see(flow, spec.history)
        self._ledger.open(
            Key(*flow), meta.uid, meta.creation_timestamp, seen.manifest.get("status", {})
        )
        self._schedules.see(seen.workflow, valid=not decided.invalid)
        self._resource_triggers.see(seen.workflow, valid=not decided.invalid)
        scaled, slots = spec.max_replicas > spec.replicas, spec.runner.concurrency
        self._demands.scale(flow, keep=desired.size.keep, slots=slots, scaled=scaled)
        self._waking.decided(flow, situation.of(seen), desired.size)
        if self._dispatcher.spare(flow) != seen.demand.spare:
            self._queue.add(flow)  # they have to say so before any of them may go
        self._dispatcher.flow_changed(flow)

    def _observed(self, flow: Name) -> Observed | None:
        try:
            return self._observer.observe(flow, now())
        except ValidationError:
            return None

    def _of_runs(self, flow: tuple[str, str], standing: Standing) -> Demand:
        return self._demands.of(Name(*flow), standing)

    async def _when_seeded(self) -> None:
        """Runners that were left up until it is known when they last had work."""
        await self._sweeper.seeded.wait()
        self._waking.all_changed()

    def _pinned_versions(self, key: tuple[str, str]) -> frozenset[int] | None:
        return self._dispatcher.pinned_versions(Name(*key))

    def _plan_of(self, namespace: str) -> PlanSpec | None:
        plan = self._observer.plan_for(namespace)
        return plan.spec if plan else None

    def _installation(self) -> Installation:
        return installed.read(self._outside.settings, self._keyring.keys)

    # -- what dispatch asks for

    def _ports(self) -> Ports:
        return Ports(
            flow=self._flows.get,
            pin=partial(pin, self._session, self._insist),
            write=self._stored.write,
            exists=self._stored.is_undecided,
            ending=self._run_ending,
            ended=self._run_ended,
            demand=self._waking.changed,
            leading=self._lease.is_leading,
            now=now,
            superseded=self._outside.superseded,
            objects=self._objects,
            pods=SoloPods(self._session, self._observed, self._lease.is_leading),
            counters=self._counters,
            look=self._queue.add,
            saw=self._run_saw,
            tell=self._herald.ending,
            serves={
                "Job": self._containers.jobs.serve,
                "Allowance": self._allowances.serve,
                "Publish": self._herald.publish,
                "Notify": self._notices.serve,
            },
            step_ended=self._containers.jobs.step_ended,
        )

    def _outside_of_triggers(self) -> resource_triggers.Outside:
        return resource_triggers.Outside(
            session=self._session,
            listed=installed.watched(self._outside.settings),
            ledger=self._ledger,
            told=self._triggers_judged,
            gone=self._vanished,
            leading=self._lease.is_leading,
            now=now,
        )

    def _make_courier(self) -> Courier | None:
        """Whom notifications are handed to, where the chart has one."""
        settings, key = self._outside.settings, self._outside.key
        if not settings.courier:
            return None
        return Courier(
            self._outside.http,
            settings.courier,
            token=lambda: key.token(names.COURIER, settings.release_namespace, wire.SCOPE_DELIVER),
            epoch=lambda: self._lease.epoch,
        )

    def _means(self) -> Means:
        key = self._outside.key
        return Means(
            http=self._outside.http,
            token=lambda workflow, pod: key.token(workflow, pod, wire.SCOPE_RUN),
            epoch=lambda: self._lease.epoch,
        )

    def _run_saw(self, run: Run, what: wire.Happening) -> None:
        self._herald.saw(run, what)
        self._deliveries.saw(run, what)

    def _run_ending(self, run: Run, made: Manifest) -> None:
        self._ledger.ending(Key(*run.workflow), run.uid, made)
        self._deliveries.ending(run, made)

    def _run_ended(self, run: Run, made: Manifest, at: datetime) -> None:
        phase = made["phase"]
        metrics.RUNS_ENDED.labels(run.workflow.namespace, run.workflow.name, phase).inc()
        self._ledger.ended(Key(*run.workflow), run.uid, made)
        self._containers.jobs.run_ended(run)
        self._deliveries.ended(run)
        if (flow := self._flows.get(run.workflow)) is not None:
            self._failures.ended(run, flow.uid, made)
        self._sweeper.ended(run, phase, at)

    def _is_needed(self, flow: Name, run: Ended) -> bool:
        """Whether an ended run must stay whatever the history says."""
        key, at = Key(*flow), datetime.fromtimestamp(run.at, UTC)
        if self._dispatcher.has_children(run.name) or self._deliveries.needs(run.uid):
            return True
        if not self._ledger.is_open(key):
            return not self._histories.is_gone(flow)
        return self._ledger.needs(key, run.uid, at, run.scheduled)

    def _make_sweeper(self) -> Sweeper:
        settings = self._outside.settings
        return Sweeper(
            self._session,
            self._histories.of,
            Bounds(
                minimum=settings.run_minimum_seconds,
                keyed=max(settings.run_minimum_seconds, settings.dedupe_seconds),
            ),
            now,
            self._lease.is_leading,
            Use(
                is_needed=self._is_needed,
                found=lambda flow, uid, made: self._ledger.found(Key(*flow), uid, made),
                complete=self._ledger.complete,
                stored=self._deliveries.found,
            ),
        )


def now() -> datetime:
    """The clock of this process."""
    return datetime.now(UTC)
