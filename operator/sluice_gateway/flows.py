"""What the gateway keeps of each Workflow: enough to take a trigger or refuse it, and no more."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ValidationError

from sluice_core import names, verbs
from sluice_core.admission import Standing
from sluice_core.api.lifecycle import Lifecycle, Window
from sluice_core.api.workflow import Concurrency
from sluice_gateway import listening, workflow_view
from sluice_gateway.listening import Listener
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest

FREE = Concurrency()


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """A workflow as callers meet it. `invalid` is why its definition cannot run, if it cannot.

    `summary` is what a list of workflows says of it.
    """

    namespace: str
    name: str
    uid: str
    title: str
    standing: Standing
    steps: int
    schema: dict[str, Any] | None
    invalid: str | None
    owner: str | None
    visibility: str
    users: frozenset[str]
    groups: frozenset[str]
    listeners: tuple[Listener, ...] = ()
    concurrency: Concurrency = FREE
    labels: Mapping[str, str] = field(default_factory=dict)
    credentials: frozenset[str] = frozenset()
    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Where it is."""
        return Key(self.namespace, self.name)


def read(manifest: Manifest) -> Flow:
    """What is kept of a live Workflow."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    sharing = spec.get("sharing", {})
    return Flow(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        title=spec.get("title") or metadata["name"],
        standing=_standing(metadata, spec),
        steps=len(spec.get("steps", ())),
        schema=spec.get("inputs"),
        invalid=_invalid(manifest),
        owner=metadata.get("annotations", {}).get(names.ANNOTATION_OWNER),
        visibility=sharing.get("visibility", "Tenant"),
        users=frozenset(sharing.get("users", ())),
        groups=frozenset(sharing.get("groups", ())),
        listeners=listening.read(spec),
        concurrency=_concurrency(spec.get("concurrency")),
        labels=metadata.get("labels", {}),
        credentials=frozenset(
            step["credential"] for step in spec.get("steps", ()) if step.get("credential")
        ),
        summary=workflow_view.summary(manifest),
    )


def _standing(metadata: Manifest, spec: Manifest) -> Standing:
    lifecycle = spec.get("lifecycle", {})
    return Standing(
        name=metadata["name"],
        state=spec.get("state", "Active"),
        replicas=spec.get("replicas", 1),
        policy=lifecycle.get("policy", Lifecycle().policy),
        window=_window(lifecycle.get("window")),
        verbs=verbs.read(metadata.get("annotations", {})),
    )


def _window(given: Manifest | None) -> Window | None:
    """None for one that this release cannot read, of which the operator says so."""
    try:
        return Window.model_validate(given) if given else None
    except ValidationError:
        return None


def _concurrency(given: Manifest | None) -> Concurrency:
    """What cannot be read is judged by the operator alone."""
    try:
        return Concurrency.model_validate(given) if given else FREE
    except ValidationError:
        return FREE


def cut(manifest: Manifest) -> Manifest:
    """An informer's transform: the identity, and what `read` keeps of the rest."""
    metadata = manifest["metadata"]
    kept = ("namespace", "name", "uid", "resourceVersion")
    leaving = "deletionTimestamp" in metadata
    return {
        "metadata": {field: metadata[field] for field in kept},
        "flow": None if leaving else read(manifest),
    }


def _invalid(manifest: Manifest) -> str | None:
    """The message of Valid=False, unless the definition has changed since it was decided."""
    generation = manifest["metadata"].get("generation", 0)
    for condition in manifest.get("status", {}).get("conditions", ()):
        if condition["type"] == "Valid" and condition["status"] == "False":
            current = condition.get("observedGeneration", generation) == generation
            return str(condition.get("message", "")) if current else None
    return None


class Store(Protocol):
    """An informer's memory, whose objects `cut` made."""

    def get(self, key: Key) -> Manifest | None:
        """What is known of the object."""

    def items(self) -> Iterable[tuple[Key, Manifest]]:
        """All that is known."""

    @property
    def changes(self) -> int:
        """Another number whenever something has changed."""


class Flows:
    """Workflows by name: from memory, or one that is not there yet from the API server."""

    def __init__(self, store: Store, fetch: Callable[[Key], Awaitable[Manifest]]) -> None:
        self._store, self._fetch = store, fetch
        self._changes = -1
        self._ordered: dict[str, list[Flow]] = {}

    def known(self, namespace: str, name: str) -> Flow | None:
        """The workflow as far as memory goes: one made just now may be missing."""
        kept = self._store.get(Key(namespace, name))
        return kept["flow"] if kept else None

    def of(self, namespace: str) -> Sequence[Flow]:
        """The namespace's workflows, as far as memory goes, in the order of their titles.

        Put in order once after each change: of ten thousand that takes longer than the rest of an
        answer.
        """
        if self._changes != self._store.changes:
            self._changes = self._store.changes
            self._ordered.clear()
        if namespace not in self._ordered:
            kept = (one for key, one in self._store.items() if key.namespace == namespace)
            found: list[Flow] = [one["flow"] for one in kept if one["flow"] is not None]
            self._ordered[namespace] = sorted(found, key=lambda one: (one.title.lower(), one.name))
        return self._ordered[namespace]

    async def find(self, namespace: str, name: str) -> Flow | None:
        """The workflow, None when there is none, or none any more."""
        key = Key(namespace, name)
        kept = self._store.get(key)
        if kept is None:
            try:
                kept = cut(await self._fetch(key))
            except errors.NotFound:
                return None
        flow: Flow | None = kept["flow"]
        return flow
