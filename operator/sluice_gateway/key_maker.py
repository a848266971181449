"""Make the keys of webhooks whose author gave none, where the gateway may write Secrets."""

import secrets
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from sluice_core import names
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import SECRETS, Key, Manifest, Resource

TRIES = 5
BYTES = 32


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Raises AlreadyExists."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def merge_patch(self, resource: Resource, key: Key, patch: Mapping[str, Any]) -> Manifest:
        """Raises Conflict when the patch names another version."""


class KeyMaker:
    """Writes the Secret sluice-webhooks; a key that is there stays, and is not told."""

    def __init__(self, session: Api, namespaces: Collection[str]) -> None:
        self._session, self._namespaces = session, frozenset(namespaces)

    def writes_in(self, namespace: str) -> bool:
        """Whether the chart lets the gateway write Secrets there."""
        return namespace in self._namespaces

    async def make(self, namespace: str, wanted: Sequence[str]) -> dict[str, str]:
        """The keys that were made just now, which nobody is told again."""
        if not wanted:
            return {}
        for _ in range(TRIES):
            found = await self._read(namespace)
            there = (found or {}).get("data") or {}
            made = {name: secrets.token_urlsafe(BYTES) for name in wanted if name not in there}
            if not made or await self._wrote(namespace, found, made):
                return made
        detail = f"{names.WEBHOOKS_SECRET} is changed by somebody else all the time: try again"
        raise Problem(409, "Conflict", detail)

    async def _read(self, namespace: str) -> Manifest | None:
        try:
            return await self._session.get(SECRETS, Key(namespace, names.WEBHOOKS_SECRET))
        except errors.NotFound:
            return None

    async def _wrote(self, namespace: str, found: Manifest | None, made: Mapping[str, str]) -> bool:
        """False when somebody else makes keys at the same time."""
        try:
            await self._write(namespace, found, made)
        except errors.Conflict:
            return False
        return True

    async def _write(self, namespace: str, found: Manifest | None, made: Mapping[str, str]) -> None:
        data = {name: b64encode(value.encode()).decode() for name, value in made.items()}
        key = Key(namespace, names.WEBHOOKS_SECRET)
        if found is not None:
            version = {"resourceVersion": found["metadata"]["resourceVersion"]}
            await self._session.merge_patch(SECRETS, key, {"metadata": version, "data": data})
            return
        metadata = {"name": key.name, "namespace": namespace}
        head = {"apiVersion": SECRETS.api_version, "kind": SECRETS.kind, "metadata": metadata}
        await self._session.create(SECRETS, {**head, "type": "Opaque", "data": data})
