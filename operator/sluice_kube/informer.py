"""Keep the objects of a scope in memory: list, then watch, and never miss a deletion."""

import asyncio
from collections.abc import Callable, ItemsView, Mapping
from typing import Any, Generic, NoReturn, TypeVar, cast

import orjson

from sluice_kube import reconnect
from sluice_kube.resources import Key, Manifest, Resource
from sluice_kube.scope import EVERYTHING, Scope
from sluice_kube.session import Session

Kept = TypeVar("Kept", bound=Mapping[str, Any])
OnChange = Callable[[Key, Kept | None, Kept | None], None]
Transform = Callable[[Manifest], Kept]


class Informer(Generic[Kept]):
    """The objects of a scope as of a moment ago, and a call at each change of one.

    `on_change(key, old, new)`: new is None for a deletion, also for one noticed late. An object
    whose uid changed is reported as deleted, then added. Called on the loop of `run`; what it
    raises ends `run`. `transform` may cut what is not needed, but keeps name, namespace, uid and
    resourceVersion.
    """

    def __init__(
        self,
        session: Session,
        resource: Resource,
        scope: Scope = EVERYTHING,
        *,
        on_change: OnChange[Kept] | None = None,
        transform: Transform[Kept] | None = None,
    ) -> None:
        self._session, self._resource, self._scope = session, resource, scope
        self._on_change: OnChange[Kept] = on_change or (lambda _key, _old, _new: None)
        self._transform = transform or cast("Transform[Kept]", _as_it_is)
        self._objects: dict[Key, Kept] = {}
        self._version = ""
        self._changes = 0
        self._synced = asyncio.Event()

    def get(self, key: Key) -> Kept | None:
        """The object, shared: whoever reads it must not change it."""
        return self._objects.get(key)

    def items(self) -> ItemsView[Key, Kept]:
        """All objects by key, shared as in `get`."""
        return self._objects.items()

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def changes(self) -> int:
        """How often an object came, changed or went: while it is the same, so are all objects."""
        return self._changes

    @property
    def has_synced(self) -> bool:
        """Whether the first list is complete."""
        return self._synced.is_set()

    async def synced(self) -> None:
        """Returns when the first list is complete and all of it was reported."""
        await self._synced.wait()

    async def run(self) -> NoReturn:
        """Lists and watches until cancelled."""
        await reconnect.forever(self._resource, self._attempt, self._lose_place)

    async def _attempt(self) -> None:
        if not self._version:
            self._version = await self._replace()
            self._synced.set()
        async with self._session.stream(self._resource, self._version, self._scope) as events:
            async for line in events:
                self._take(orjson.loads(line))

    def _lose_place(self) -> None:
        self._version = ""

    async def _replace(self) -> str:
        """Makes the memory equal to a list, page by page; what the list lacks was deleted."""
        listed: set[Key] = set()
        following, version, more = "", "", True
        while more:
            page = await self._session.page(self._resource, self._scope, following=following)
            listed.update(self._put(item) for item in page.items)
            following, version = page.following, page.resource_version
            more = bool(following)
        for key in self._objects.keys() - listed:
            self._remove(key)
        return version

    def _take(self, event: dict[str, Any]) -> None:
        item: Manifest = event["object"]
        if event["type"] == "DELETED":
            self._remove(Key.of(item))
        elif event["type"] != "BOOKMARK":
            self._put(item)
        self._version = item["metadata"]["resourceVersion"]

    def _put(self, item: Manifest) -> Key:
        new = self._transform(item)
        key = Key.of(new)  # so that it shares its strings with what is kept
        old = self._objects.get(key)
        if old is not None and old["metadata"]["uid"] != new["metadata"]["uid"]:
            self._remove(key)
            old = None
        if old is None or old["metadata"]["resourceVersion"] != new["metadata"]["resourceVersion"]:
            self._objects[key] = new
            self._changes += 1
            self._on_change(key, old, new)
        return key

    def _remove(self, key: Key) -> None:
        old = self._objects.pop(key, None)
        if old is not None:
            self._changes += 1
            self._on_change(key, old, None)


def _as_it_is(manifest: Manifest) -> Manifest:
    return manifest
