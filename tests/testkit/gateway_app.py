"""The gateway's application over a hand-written API server, tokens and rights."""

import asyncio
import itertools

# ruff: noqa: ARG002 - the API server's verbs have parameters that memory does not need
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp

from sluice_core import event_types
from sluice_core.event_types import EventType
from sluice_gateway import flows
from sluice_gateway.app import make_app
from sluice_gateway.auth import Gate
from sluice_gateway.credential_secrets import CredentialSecrets
from sluice_gateway.credentials import Credentials
from sluice_gateway.desk import Desk
from sluice_gateway.editor import Editor
from sluice_gateway.emitting import Emitter
from sluice_gateway.flows import Flows
from sluice_gateway.judging import Judge
from sluice_gateway.key_maker import KeyMaker
from sluice_gateway.limits import Limits
from sluice_gateway.metrics import Metrics
from sluice_gateway.plans import Plans
from sluice_gateway.routes.catalogue import SeeActions
from sluice_gateway.routes.credentials import SeeCredentials
from sluice_gateway.routes.design import Design
from sluice_gateway.routes.events import Events
from sluice_gateway.routes.health import Service
from sluice_gateway.routes.hooks import Hooks
from sluice_gateway.routes.integrations import SeeIntegrations
from sluice_gateway.routes.lifecycle import SeeLifecycle
from sluice_gateway.routes.messages import Messages
from sluice_gateway.routes.parts import Parts
from sluice_gateway.routes.run_verbs import RunVerbs
from sluice_gateway.routes.runs import SeeRuns
from sluice_gateway.routes.schedule import SeeSchedule
from sluice_gateway.routes.sharing import SeeSharing
from sluice_gateway.routes.templates import SeeTemplates
from sluice_gateway.routes.trials import Trials
from sluice_gateway.routes.triggers import Triggers
from sluice_gateway.routes.versions import SeeVersions
from sluice_gateway.routes.workflows import SeeWorkflows
from sluice_gateway.runs import Runs
from sluice_gateway.sources import Sources
from sluice_gateway.starting import Starter
from sluice_gateway.subscriptions import Subscriptions
from sluice_gateway.template_store import Templates
from sluice_gateway.waiting import Waiting, has_ended
from sluice_gateway.webhook_keys import WebhookKeys
from sluice_gateway.workflows import Workflows
from sluice_kube import errors
from sluice_kube.admission import Counters
from sluice_kube.resources import (
    CONFIG_MAPS,
    CREDENTIALS,
    RUNS,
    SECRETS,
    TEMPLATES,
    WORKFLOWS,
    Key,
    Manifest,
    Resource,
)
from sluice_kube.review import Access, Identity, Verdict
from sluice_kube.scope import Scope
from sluice_kube.session import Page
from testkit.counting import ConfigMaps

ALICE = Identity("system:serviceaccount:shop:alice", groups=("buyers",))
BOB = Identity("bob")
TOKENS = {"alice": ALICE, "bob": BOB}
KEPT = (CREDENTIALS, SECRETS, TEMPLATES)
NOW = 1_764_130_000
CREATED = "2026-11-23T02:00:00Z"


def a_workflow(name: str = "etl", **spec: Any) -> Manifest:
    """A workflow of one step that takes triggers."""
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "generation": 1,
        },
        "spec": {"steps": [{"name": "a", "action": "log"}], **spec},
    }


@dataclass
class Cluster:
    """Objects in memory. `end` is the status that a run gets right after it was made.

    `rivals` are written by somebody else, each just before a workflow is replaced.
    """

    runs: dict[Key, Manifest] = field(default_factory=dict)
    workflows: dict[Key, Manifest] = field(default_factory=dict)
    live: dict[Key, Manifest] = field(default_factory=dict)
    late: dict[Key, Manifest] = field(default_factory=dict)
    config_maps: dict[Key, Manifest] = field(default_factory=dict)
    others: dict[Resource, list[Manifest]] = field(default_factory=dict)
    rivals: list[Manifest] = field(default_factory=list)
    versions: int = 100
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    courier_keys: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, Manifest] = field(default_factory=dict)
    plans: dict[str, Manifest] = field(default_factory=dict)
    counts: ConfigMaps = field(default_factory=ConfigMaps)
    denied: set[str] = field(default_factory=set)
    writes_in: tuple[str, ...] = ("shop",)
    objects: dict[tuple[str, Key], Manifest] = field(default_factory=dict)
    end: Manifest | None = None
    failure: errors.ApiError | None = None
    reviewed: int = 0
    now: datetime = field(default_factory=lambda: datetime.fromtimestamp(NOW, UTC))
    waiting: Waiting | None = None

    def add(self, workflow: Manifest) -> None:
        key, new = Key.of(workflow), flows.cut(workflow)
        self.subscriptions.changed(key, self.workflows.get(key), new)
        self.live[key], self.workflows[key] = workflow, new

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        if self.failure:
            raise self.failure
        key = Key.of(manifest)
        if resource in KEPT:
            if (resource.plural, key) in self.objects:
                raise errors.AlreadyExists(409, "AlreadyExists", "exists")
            return self._keep(resource, manifest, uid=f"uid-{key.name}", creationTimestamp=CREATED)
        if resource is WORKFLOWS:
            if key in self.live:
                raise errors.AlreadyExists(409, "AlreadyExists", "exists")
            return self._store(manifest, uid=f"uid-{key.name}", creationTimestamp=CREATED)
        if key in self.runs:
            raise errors.AlreadyExists(409, "AlreadyExists", "exists")
        metadata = {**manifest["metadata"], "uid": "u", "creationTimestamp": CREATED}
        self.runs[key] = {**manifest, "metadata": metadata}
        if self.end:
            asyncio.get_running_loop().call_soon(self.finish, key, self.end)
        return self.runs[key]

    def _keep(self, resource: Resource, manifest: Manifest, **more: Any) -> Manifest:
        self.versions += 1
        metadata = {**manifest["metadata"], **more, "resourceVersion": str(self.versions)}
        kept = {**manifest, "metadata": metadata}
        self.objects[resource.plural, Key.of(manifest)] = kept
        return kept

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        if resource in KEPT:
            return self._keep(resource, manifest)
        current = self.live[Key.of(manifest)]
        if current["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise errors.Conflict(409, "Conflict", "changed")
        if self.rivals:
            self.add(self.rivals.pop())
            raise errors.Conflict(409, "Conflict", "changed")
        generation = current["metadata"].get("generation", 1)
        generation += current["spec"] != manifest["spec"]
        return self._store(manifest, generation=generation)

    async def delete(
        self, resource: Resource, key: Key, *, uid: str | None = None, version: str | None = None
    ) -> None:
        if resource in KEPT:
            del self.objects[resource.plural, key]
            return
        del self.live[key], self.workflows[key]

    def _store(self, manifest: Manifest, **metadata: Any) -> Manifest:
        self.versions += 1
        version = {"resourceVersion": str(self.versions)}
        self.add({**manifest, "metadata": {**manifest["metadata"], **metadata, **version}})
        return self.live[Key.of(manifest)]

    def finish(self, key: Key, status: Manifest) -> None:
        """The run gets its last status, and the watch tells it: in a phase that is no end, its
        deletion.
        """
        self.runs[key] = run = {**self.runs[key], "status": status}
        type_ = b"MODIFIED" if has_ended(run) else b"DELETED"
        assert self.waiting is not None
        line = orjson.dumps(run, option=orjson.OPT_SORT_KEYS)
        self.waiting.saw(b'{"type":"%s","object":%s}' % (type_, line))

    async def get(self, resource: Resource, key: Key) -> Manifest:
        if resource in KEPT:
            known = {Key.of(one): one for one in self.kept(resource, Scope(key.namespace))}
        else:
            tables = {WORKFLOWS: self.live, CONFIG_MAPS: self.config_maps}
            known = tables.get(resource, self.runs)
        found = known.get(key) or self.late.get(key)
        if found is None:
            raise errors.NotFound(404, "NotFound", "not there")
        return found

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Of runs as the API server does: `following` holds the name of the last one before."""
        if resource is WORKFLOWS:
            _, _, value = scope.labels.partition("=")
            found = (
                one
                for one in self.live.values()
                if one["metadata"]["namespace"] == scope.namespace
                and (not value or value in one["metadata"].get("labels", {}).values())
            )
            return Page(list(found)[:limit], "9", "")
        if resource in KEPT:
            return Page(self.kept(resource, scope), "9", "")
        if resource is not RUNS:
            return Page(self.others.get(resource, []), "9", "")
        runs = [run for key, run in self.runs.items() if key.namespace == scope.namespace]
        names = [run["metadata"]["name"] for run in runs]
        begin = names.index(following) + 1 if following else 0
        end = begin + limit
        return Page(runs[begin:end], "9", names[end - 1] if len(runs) > end else "")

    async def json_patch(
        self, resource: Resource, key: Key, operations: Sequence[Mapping[str, Any]]
    ) -> Manifest:
        run = await self.get(resource, key)
        self.runs[key] = {**run, "spec": {**run["spec"], "cancel": True}}
        return self.runs[key]

    def kept(self, resource: Resource, scope: Scope) -> list[Manifest]:
        """Of a namespace, what was made in the test and what was there before it."""
        made = [
            one
            for (kind, key), one in self.objects.items()
            if (kind, key.namespace) == (resource.plural, scope.namespace)
        ]
        before = self.others.get(resource, [])
        found = [one for one in before if one["metadata"]["namespace"] == scope.namespace] + made
        label, equals, value = scope.labels.partition("=")
        return [
            one
            for one in found
            if not label
            or (labels := one["metadata"].get("labels", {})).get(label) == value
            or (not equals and label in labels)
        ]

    async def merge_patch(self, resource: Resource, key: Key, patch: Manifest) -> Manifest:
        if resource is SECRETS:
            found = await self.get(resource, key)
            data = {**found["data"], **patch["data"]}
            data = {name: value for name, value in data.items() if value is not None}
            return self._keep(resource, {**found, "data": data})
        [found] = [one for one in self.others[resource] if Key.of(one) == key]
        notes = found["metadata"].setdefault("annotations", {})
        notes.update(patch["metadata"]["annotations"])
        return found

    async def published(self) -> dict[str, str]:
        return self.courier_keys

    async def secret(self, key: Key) -> Manifest:
        if key.namespace not in self.secrets:
            return await self.get(SECRETS, key)
        return {"data": self.secrets[key.namespace]}

    async def review_token(self, token: str) -> Identity | None:
        self.reviewed += 1
        return TOKENS.get(token)

    async def review_access(self, user: Identity, access: Access) -> Verdict:
        right = f"{access.verb} {access.resource.plural}/{access.subresource}".rstrip("/")
        return Verdict(right not in self.denied)


class Known:
    """The memory of an informer of what has no namespace."""

    def __init__(self, objects: dict[str, Manifest]) -> None:
        self._objects = objects

    def get(self, key: Key) -> Manifest | None:
        return self._objects.get(key.name)


class Store:
    """The informer's memory."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._asked = cluster, itertools.count()

    @property
    def changes(self) -> int:
        """A test may have changed something at any time."""
        return next(self._asked)

    def get(self, key: Key) -> Manifest | None:
        return self._cluster.workflows.get(key)

    def items(self) -> Iterable[tuple[Key, Manifest]]:
        return self._cluster.workflows.items()


def make(cluster: Cluster, limits: Limits, most: int = 10) -> ASGIApp:
    """The whole application; the cluster tells its watch."""
    counters = Counters(cluster.counts, lambda: datetime.fromtimestamp(NOW, UTC))
    plans = Plans(Known(cluster.namespaces), Known(cluster.plans), counters)
    runs, metrics = Runs(cluster, plans), Metrics()
    cluster.waiting = Waiting(lambda key: cluster.get(None, key), most)  # type: ignore[arg-type]
    desk = Desk(
        Gate(cluster.review_token, cluster.review_access, 10),
        Flows(Store(cluster), lambda key: cluster.get(None, key)),  # type: ignore[arg-type]
        limits,
    )
    starter = Starter(runs, cluster.waiting, limits.sync_seconds)
    keys = WebhookKeys(cluster.secret, seconds=0)
    sources = Sources(lambda: 0.0)
    hooks = Hooks(desk.flows, keys, starter, limits, sources=sources, now=lambda: NOW)
    triggers = Triggers(desk, starter, "cluster.local")
    judge = Judge(cluster, event_types.numbered(event_types.KNOWN))
    editor = Editor(desk, Workflows(cluster), judge, plans)
    templates = Templates(cluster, "sluice-system")
    key_maker = KeyMaker(cluster, cluster.writes_in)
    known = (*event_types.KNOWN, EventType(name="order.paid", sample={"order": 7}))
    see_runs = SeeRuns(desk, runs)
    secrets = CredentialSecrets(cluster, cluster.writes_in)
    see_credentials = SeeCredentials(desk, Credentials(cluster, secrets), plans)
    nouns = (
        Events(desk, Emitter(cluster.subscriptions, starter), known),
        Messages(desk, starter),
        Trials(desk, starter, {one.name: one for one in known}),
        RunVerbs(see_runs, starter, cluster),
        see_runs,
        see_credentials,
        SeeIntegrations(see_credentials),
        SeeActions(desk, judge),
        SeeTemplates(editor, templates),
        Design(editor, "cluster.local"),
        SeeWorkflows(editor, keys, key_maker, templates),
        Parts(editor),
        SeeSchedule(editor),
        SeeLifecycle(editor, now=lambda: cluster.now),
        SeeVersions(editor, cluster),
        SeeSharing(editor),
    )
    return make_app(triggers, hooks, Service(list, metrics, cluster.published), metrics, *nouns)


@asynccontextmanager
async def client(
    cluster: Cluster, token: str | None = "alice", **limits: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the application without a network."""
    app = make(cluster, Limits(**limits))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway", headers=headers
    ) as speaking:
        yield speaking
