"""What the watches bring: each change is told to those whom it concerns, and to nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sluice_core import names, wire
from sluice_core.api.action import WorkflowAction
from sluice_core.packed import Packed
from sluice_kube.informer import Informer
from sluice_kube.resources import (
    ACTIONS,
    CREDENTIALS,
    EVENTS,
    NAMESPACES,
    PLANS,
    PODS,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.action.room import Room as ActionRoom
from sluice_operator.containers import Containers
from sluice_operator.credential import users
from sluice_operator.credential.room import Room as CredentialRoom
from sluice_operator.deliveries import Deliveries
from sluice_operator.demands import Demands
from sluice_operator.ledger import Ledger
from sluice_operator.looking import Looking
from sluice_operator.plan.room import Room as PlanRoom
from sluice_operator.readiness import Readiness
from sluice_operator.resource_triggers import ResourceTriggers
from sluice_operator.run import pods
from sluice_operator.run.calls import url
from sluice_operator.run.dispatch import Dispatcher
from sluice_operator.run.histories import Histories
from sluice_operator.run.observed import Flow, Name
from sluice_operator.run.subscribers import Subscribers
from sluice_operator.schedules import Schedules
from sluice_operator.waking import Waking
from sluice_operator.workflow import rollout
from sluice_operator.workflow.observe import Observer, plan_of
from sluice_operator.workflow.room import CHILDREN

REFUSED_JOBS = "regarding.kind=Job,reason=FailedCreate"  # of which no status tells
MANAGED = f"{names.LABEL_MANAGED_BY}=sluice,{names.LABEL_WORKFLOW}"


@dataclass(frozen=True, kw_only=True)
class Concerned:
    """Everybody who is told of changes."""

    session: Session
    observer: Observer
    queue: Looking[Name]
    flows: dict[Name, Flow]
    dispatcher: Dispatcher
    containers: Containers
    waking: Waking[Name]
    demands: Demands
    histories: Histories
    schedules: Schedules
    resource_triggers: ResourceTriggers
    ledger: Ledger
    subscribers: Subscribers
    deliveries: Deliveries
    readiness: Readiness[Name]
    credentials: CredentialRoom
    credential_queue: Looking[users.Name]
    plan_room: PlanRoom
    plan_queue: Looking[str]
    action_room: ActionRoom
    action_queue: Looking[str]


class Watching:
    """Its informers report here, and Kopf by `seen`."""

    def __init__(self, concerned: Concerned) -> None:
        self._to = concerned

    def informers(self) -> list[Informer[Any]]:
        """Of all that is watched besides Workflows and runs."""
        scope = Scope(labels=MANAGED)
        children = [
            Informer(
                self._to.session, one, scope, on_change=self._child_changed, transform=Packed.of
            )
            for one in CHILDREN.values()
        ]
        return [
            Informer(self._to.session, NAMESPACES, on_change=self._namespace_changed),
            # Not by Kopf: a workflow that is looked at before them would seem to be wrong.
            Informer(self._to.session, PLANS, on_change=self._plan_changed),
            Informer(self._to.session, ACTIONS, on_change=self._action_changed),
            Informer(self._to.session, PODS, scope, on_change=self._pod_changed),
            Informer(self._to.session, CREDENTIALS, on_change=self._credential_changed),
            *children,
            *self._to.containers.watches(),
        ]

    def words(self) -> Informer[Manifest]:
        """Of what tells why, and changes nothing: to list all Events may take long."""
        scope = Scope(fields=REFUSED_JOBS)
        return Informer(
            self._to.session,
            EVENTS,
            scope,
            on_change=self._event_changed,
            transform=_cut_event,
        )

    def seen(self, _: Resource, manifest: Manifest, exists: bool) -> None:
        """From Kopf, of a Workflow."""
        flow = Name.kept(*Key.of(manifest))
        key, current = Key(*flow), manifest if exists else None
        self._to.observer.workflow(flow, current)
        for name in self._to.credentials.workflow(users.Name(*key), current):
            self._to.credential_queue.add(name)
        self._to.subscribers.see(flow, current)
        self._to.deliveries.see(flow, current)
        if current is None:
            self._deleted(flow)
        self._to.queue.add(flow)

    def _plan_changed(self, key: Key, _old: Manifest | None, new: Manifest | None) -> None:
        self._to.plan_room.changed(key.name, new)
        self._to.plan_queue.add(key.name)
        self._add_all(self._to.observer.plan(key.name, new))

    def _deleted(self, flow: Name) -> None:
        self._add_all(self._to.observer.neighbours(flow))
        self._to.flows.pop(flow, None)
        self._to.containers.gone(flow)
        self._to.waking.forget(flow)
        self._to.demands.forget(flow)
        self._to.histories.forget(flow)
        self._to.schedules.forget(Key(*flow))
        self._to.resource_triggers.forget(Key(*flow))
        self._to.ledger.close(Key(*flow))
        self._to.dispatcher.flow_changed(flow)

    def vanished(self, key: Key, uid: str) -> None:
        """A workflow of that uid is not there, of which Kopf has not told."""
        manifest = self._to.observer.workflows.get(key)
        if manifest is not None and manifest["metadata"]["uid"] == uid:
            self.seen(WORKFLOWS, manifest, exists=False)

    def _namespace_changed(self, key: Key, old: Manifest | None, new: Manifest | None) -> None:
        plans = {plan_of(one) for one in (old, new) if one}
        if len(plans) > 1 or not (old and new):
            for plan in plans - {None}:
                self._to.plan_queue.add(str(plan))
        self._add_all(self._to.observer.namespace(key.name, new))

    def _action_changed(self, key: Key, _old: Manifest | None, new: Manifest | None) -> None:
        self._to.action_room.changed(key.name, new)
        self._to.action_queue.add(key.name)

    def action_judged(self, name: str, found: WorkflowAction | None, fault: str) -> None:
        """A WorkflowAction is one by which workflows may be judged, or is not any more."""
        self._add_all(self._to.observer.action(name, found, fault))

    def _credential_changed(self, key: Key, _old: Manifest | None, new: Manifest | None) -> None:
        self._to.observer.credential(key, new)
        name = users.Name(*key)
        self._add_all((key.namespace, user) for user in self._to.credentials.changed(name, new))
        self._to.credential_queue.add(name)
        self._add_all(self._to.observer.neighbours(key))

    def _child_changed(self, _key: Key, old: Packed | None, new: Packed | None) -> None:
        kept = new or old
        flow = self._to.observer.child(kept, exists=new is not None) if kept else None
        if flow is not None:
            self._to.queue.add(Name(*flow))

    def _pod_changed(self, _key: Key, old: Manifest | None, new: Manifest | None) -> None:
        manifest = new or old or {}
        flow = Name(*self._to.observer.pod(manifest, exists=new is not None))
        only = pods.only(manifest)
        if new is None or pods.has_ended(manifest):
            words = rollout.end_of(manifest)
            self._to.dispatcher.pod_gone(manifest["metadata"]["uid"], flow, only, words)
            self._to.readiness.gone(manifest["metadata"]["uid"])
        else:
            pod = pods.read(manifest)
            if only:
                self._to.dispatcher.pod_stands(flow, only, rollout.of_pod(manifest))
            if pod is not None:
                self._to.dispatcher.pod_found(pod)
                if pod.mounted:
                    self._to.readiness.found(pod.uid, flow, url(pod, wire.PATH_READY))
        self._to.queue.add(flow)

    def _event_changed(self, key: Key, old: Manifest | None, new: Manifest | None) -> None:
        told = new or old or {}
        words = told["note"] if new is not None else ""
        self._to.dispatcher.job_refused(Name(key.namespace, told["job"]), words)

    def run_changed(self, _key: Key, old: Manifest | None, new: Manifest | None) -> None:
        """An undecided run, or one that is that no more."""
        if new is not None:
            if old is None:
                self._to.deliveries.found(new)
            self._to.dispatcher.run_found(new)
        elif old is not None:
            self._to.deliveries.left(old["metadata"]["uid"])
            self._to.dispatcher.run_gone(old)

    def look_at_all(self) -> None:
        """Something has changed that concerns every workflow."""
        self._add_all(list(self._to.observer.workflows))

    def _add_all(self, keys: Iterable[tuple[str, str]]) -> None:
        for key in keys:
            self._to.queue.add(Name(*key))


def _cut_event(event: Manifest) -> Manifest:
    """An informer's transform: what is refused, and the words."""
    metadata = event["metadata"]
    kept = {name: metadata[name] for name in ("namespace", "name", "uid", "resourceVersion")}
    return {"metadata": kept, "job": event["regarding"]["name"], "note": event.get("note", "")}
