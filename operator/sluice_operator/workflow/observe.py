"""Gather what the decision about a Workflow depends on, from what the watches have brought."""

from collections import defaultdict
from collections.abc import Callable, Iterator, MutableMapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from sluice_core import names
from sluice_core.admission import Standing
from sluice_core.api.action import WorkflowAction
from sluice_core.api.credential import CredentialSpec, WorkflowCredential
from sluice_core.api.plan import WorkflowPlan
from sluice_core.api.workflow import Workflow
from sluice_core.packed import Manifests, Packed
from sluice_core.wire import Readiness
from sluice_operator.workflow import situation, versions
from sluice_operator.workflow.children import Children
from sluice_operator.workflow.observed import (
    Actions,
    Demand,
    Installation,
    Manifest,
    Observed,
    Plan,
    Unwatched,
)

Key = tuple[str, str]  # namespace, name
K = TypeVar("K")
V = TypeVar("V")


class Age(NamedTuple):
    """The older one is less; of two that were made in one second, the name decides."""

    created: str
    name: str


class Observer:
    """The last known state of workflows, plans, namespaces, children and pods."""

    def __init__(
        self,
        installation: Callable[[], Installation],
        pinned: Callable[[Key], frozenset[int] | None],
        demand: Callable[[Key, Standing], Demand],
    ) -> None:
        self._installation, self._pinned, self._demand = installation, pinned, demand
        self.workflows = Manifests()
        self._made: defaultdict[str, dict[str, Age]] = defaultdict(dict)
        self._actions = Actions()
        self._plans: dict[str, Manifest] = {}
        self._plan_of: dict[str, str] = {}
        self._leaving: set[str] = set()
        self._answers: defaultdict[Key, dict[str, Readiness]] = defaultdict(dict)
        self._credentials: defaultdict[str, dict[str, CredentialSpec]] = defaultdict(dict)
        self._ages: defaultdict[str, dict[str, Age]] = defaultdict(dict)
        self._unwatched: dict[Key, tuple[Unwatched, ...]] = {}
        self._children = Children()
        self._pods: defaultdict[Key, dict[str, Manifest]] = defaultdict(dict)

    def workflow(self, key: Key, manifest: Manifest | None) -> None:
        """A Workflow as it is now."""
        _put(self.workflows, key, manifest)
        age = Age(_age(manifest).created, key[1]) if manifest is not None else None
        _put(self._made[key[0]], key[1], age)
        if manifest is None:
            self._unwatched.pop(key, None)

    def forget(self, manifest: Manifest) -> None:
        """This Workflow does not exist any more; a namesake may."""
        meta = manifest["metadata"]
        key = (meta["namespace"], meta["name"])
        known = self.workflows.get(key)
        if known is not None and known["metadata"]["uid"] == meta["uid"]:
            self.workflow(key, None)

    def action(self, name: str, action: WorkflowAction | None, fault: str = "") -> Iterator[Key]:
        """A WorkflowAction as it is now; answers the workflows that name it in a step."""
        specs, faults = dict(self._actions.specs), dict(self._actions.faults)
        _put(specs, name, action.spec if action else None)
        _put(faults, name, fault or None)
        self._actions = Actions(specs=specs, faults=faults)
        for key, manifest in list(self.workflows.items()):
            if any(step.get("action") == name for step in manifest["spec"].get("steps", ())):
                yield key

    def plan(self, name: str, manifest: Manifest | None) -> Iterator[Key]:
        """A WorkflowPlan as it is now; answers the workflows that it concerns."""
        _put(self._plans, name, manifest)
        for namespace, plan in self._plan_of.items():
            if plan == name:
                yield from self._in(namespace)

    def namespace(self, name: str, manifest: Manifest | None) -> Iterator[Key]:
        """A namespace as it is now; answers the workflows for which another plan holds."""
        if manifest is not None and "deletionTimestamp" in manifest["metadata"]:
            self._leaving.add(name)
        else:
            self._leaving.discard(name)
        before, plan = self._plan_of.get(name), plan_of(manifest) if manifest else None
        _put(self._plan_of, name, plan)
        if before != plan:
            yield from self._in(name)

    def credential(self, key: Key, manifest: Manifest | None) -> None:
        """A WorkflowCredential as it is now; one that cannot be read is as good as none."""
        namespace, name = key
        spec = _spec_of(manifest) if manifest is not None else None
        _put(self._credentials[namespace], name, spec)
        _put(self._ages[namespace], name, _age(manifest) if manifest is not None else None)
        if not self._credentials[namespace]:
            del self._credentials[namespace]

    def answer(self, key: Key, pod: str, said: Readiness | None) -> None:
        """What a runner of the workflow says of its credentials."""
        _put(self._answers[key], pod, said)
        if not self._answers[key]:
            del self._answers[key]

    def triggers(self, key: Key, unwatched: tuple[Unwatched, ...]) -> None:
        """What is known of the workflow's resource triggers."""
        self._unwatched[key] = unwatched

    def child(self, kept: Packed, *, exists: bool) -> Key | None:
        """A child as it is now; answers the workflow that it belongs to."""
        owner = _owner(kept.unpack())
        if owner is None:
            return None
        self._children.put(owner["uid"], kept, exists=exists)
        return (kept.namespace, owner["name"])

    def pod(self, manifest: Manifest, *, exists: bool) -> Key:
        """A runner pod as it is now; answers the workflow that it belongs to."""
        meta = manifest["metadata"]
        key = (meta["namespace"], meta["labels"][names.LABEL_WORKFLOW])
        _put(self._pods[key], meta["uid"], manifest if exists else None)
        if not exists:
            self.answer(key, meta["uid"], None)
        return key

    def observe(self, key: Key, now: datetime) -> Observed | None:
        """All about one workflow, or None when there is none; ValidationError as it comes.

        In a namespace that is being deleted there is none: children that go before their owner
        cannot be made again.
        """
        manifest = self.workflows.get(key)
        if manifest is None or "deletionTimestamp" in manifest["metadata"]:
            return None
        if key[0] in self._leaving:
            return None
        workflow = Workflow.parse(manifest)
        children = self._children.of(workflow.metadata.uid)
        revisions = (o for c, o in children.items() if c.kind == "ControllerRevision")
        return Observed(
            workflow=workflow,
            manifest=manifest,
            installation=self._installation(),
            plan=self.plan_for(key[0]),
            place=self._place(key, manifest),
            older=self._older(key[0]),
            children=children,
            pods=tuple(self._pods.get(key, {}).values()),
            revisions=tuple(versions.read_revision(one) for one in revisions),
            pinned=self._pinned(key),
            actions=self._actions,
            credentials=self._credentials.get(key[0], {}),
            answers=self._answers.get(key, {}),
            unwatched=self._unwatched.get(key),
            demand=self._demand(key, situation.standing(workflow)),
            now=now,
        )

    def plan_for(self, namespace: str) -> Plan | None:
        """The plan that holds in a namespace; None without one."""
        name = self._plan_of.get(namespace)
        if name is None:
            return None
        manifest = self._plans.get(name)
        return Plan(name=name, spec=WorkflowPlan.parse(manifest).spec if manifest else None)

    def namespaces(self, plan: str) -> int:
        """How many namespaces are labelled with a plan."""
        return sum(one == plan for one in self._plan_of.values())

    def neighbours(self, key: Key) -> Iterator[Key]:
        """Workflows for which a cap may leave more or less room since something came or went."""
        plan = self.plan_for(key[0])
        caps = plan.spec if plan else None
        if caps and (caps.max_workflows, caps.max_credentials) != (None, None):
            yield from self._in(key[0])

    def _place(self, key: Key, manifest: Manifest) -> int:
        """How many workflows of the namespace are older; only asked where that is capped."""
        plan = self.plan_for(key[0])
        if plan is None or plan.spec is None or plan.spec.max_workflows is None:
            return 0
        mine = _age(manifest)
        return sum(age < mine for age in self._made.get(key[0], {}).values())

    def _older(self, namespace: str) -> dict[str, int]:
        """How many credentials are older than each; only asked where that is capped."""
        plan = self.plan_for(namespace)
        if plan is None or plan.spec is None or plan.spec.max_credentials is None:
            return {}
        ages = self._ages.get(namespace, {})
        return {name: place for place, name in enumerate(sorted(ages, key=lambda n: ages[n]))}

    def _in(self, namespace: str) -> Iterator[Key]:
        return ((namespace, name) for name in sorted(self._made.get(namespace, ())))


def plan_of(namespace: Manifest) -> str | None:
    """The name of the plan that a namespace is labelled with."""
    plan: str | None = namespace["metadata"].get("labels", {}).get(names.LABEL_PLAN)
    return plan


def _spec_of(manifest: Manifest) -> CredentialSpec | None:
    try:
        return WorkflowCredential.parse(manifest).spec
    except ValidationError:
        return None


def _age(manifest: Manifest) -> Age:
    meta = manifest["metadata"]
    return Age(meta.get("creationTimestamp", ""), meta["name"])


def _owner(manifest: Manifest) -> Manifest | None:
    owners = manifest["metadata"].get("ownerReferences", [])
    ours = (o for o in owners if o.get("controller") and o["apiVersion"] == names.API_VERSION)
    return next((o for o in ours if o["kind"] == "Workflow"), None)


def _put(where: MutableMapping[K, V], key: K, value: V | None) -> None:
    if value is None:
        where.pop(key, None)
    else:
        where[key] = value
