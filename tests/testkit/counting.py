"""The ConfigMaps that count against plans, in memory: with versions, and each request counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice_kube import errors
from sluice_kube.resources import Key, Manifest, Resource


@dataclass
class ConfigMaps:
    """Swaps as the API server does. `between` happens after each read: somebody else's chance."""

    objects: dict[Key, Manifest] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    between: Callable[[], None] = lambda: None

    def data(self, namespace: str = "shop") -> dict[str, str]:
        """The counters of a namespace."""
        [found] = [one for key, one in self.objects.items() if key.namespace == namespace]
        data: dict[str, str] = found["data"]
        return data

    async def get(self, _: Resource, key: Key) -> Manifest:
        self.requests.append("get")
        found = self.objects.get(key)
        self.between()
        if found is None:
            raise errors.NotFound(404, "NotFound", "not there")
        return found

    async def create(self, _: Resource, manifest: Manifest) -> Manifest:
        self.requests.append("create")
        key = Key.of(manifest)
        if key in self.objects:
            raise errors.AlreadyExists(409, "AlreadyExists", "it is there")
        return self._put(key, manifest["metadata"], manifest["data"], 1)

    async def merge_patch(self, _: Resource, key: Key, patch: Mapping[str, Any]) -> Manifest:
        self.requests.append("patch")
        live = self.objects[key]
        version = live["metadata"]["resourceVersion"]
        if patch["metadata"]["resourceVersion"] != version:
            raise errors.Conflict(409, "Conflict", "it is another version")
        return self._put(key, live["metadata"], live["data"] | patch["data"], int(version) + 1)

    def _put(self, key: Key, metadata: Manifest, data: Mapping[str, str], version: int) -> Manifest:
        made = {"metadata": {**metadata, "resourceVersion": str(version)}, "data": dict(data)}
        self.objects[key] = made
        return made
