"""One watch for each kind that a trigger wants, over all namespaces, of metadata alone."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sluice_kube.informer import Informer
from sluice_kube.resources import Key, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.resource.decide import cut
from sluice_operator.resource.observed import Manifest

OnChange = Callable[[Resource, str, Manifest | None, Manifest | None], None]


@dataclass
class _Watch:
    """What it sees, by namespace and name, and for whom."""

    informer: Informer[Manifest]
    task: asyncio.Task[None]
    objects: defaultdict[str, dict[str, Manifest]]
    users: set[Key] = field(default_factory=set)


class Watches:
    """`on_change` is told of a resource, a namespace, and the object before and after."""

    def __init__(
        self, session: Session, on_change: OnChange, on_synced: Callable[[Key], None]
    ) -> None:
        self._session, self._on_change, self._on_synced = session, on_change, on_synced
        self._watches: dict[Resource, _Watch] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Watches end with these tasks, and end them where they fail."""
        self._tasks = tasks

    def want(self, user: Key, resources: Collection[Resource]) -> None:
        """These, and none besides."""
        for resource in resources:
            if resource not in self._watches:
                self._watches[resource] = self._begin(resource)
            self._watches[resource].users.add(user)
        for resource, watch in list(self._watches.items()):
            if resource not in resources:
                watch.users.discard(user)
            if not watch.users:
                watch.task.cancel()
                del self._watches[resource]

    def has_synced(self, resource: Resource) -> bool:
        """Whether all objects are known; when that is so, users are told."""
        return self._watches[resource].informer.has_synced

    def within(self, resource: Resource, namespace: str) -> Mapping[str, Manifest]:
        """What there is of it, by name."""
        return self._watches[resource].objects.get(namespace, {})

    def _begin(self, resource: Resource) -> _Watch:
        if self._tasks is None:
            raise RuntimeError("start comes first")
        objects: defaultdict[str, dict[str, Manifest]] = defaultdict(dict)

        def changed(key: Key, old: Manifest | None, new: Manifest | None) -> None:
            if new is not None:
                objects[key.namespace][key.name] = new
            else:
                objects[key.namespace].pop(key.name, None)
            self._on_change(resource, key.namespace, old, new)

        scope = Scope(metadata_only=True)
        informer = Informer(self._session, resource, scope, on_change=changed, transform=cut)
        task = self._tasks.create_task(self._hold(resource, informer))
        return _Watch(informer, task, objects)

    async def _hold(self, resource: Resource, informer: Informer[Manifest]) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(informer.run())
            await informer.synced()
            for user in self._watches[resource].users:
                self._on_synced(user)
