"""The Secrets of credentials: written only where the installation lets the gateway write them."""

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from sluice_core import names
from sluice_gateway.credential_forms import Settled, secret_fields
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import CREDENTIALS, SECRETS, Key, Manifest, Resource


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Raises AlreadyExists."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def merge_patch(self, resource: Resource, key: Key, patch: Mapping[str, Any]) -> Manifest:
        """Raises NotFound."""

    async def delete(self, resource: Resource, key: Key, *, uid: str | None = None) -> None:
        """Raises NotFound, or Conflict for a namesake."""


class CredentialSecrets:
    """What it writes is owned by the WorkflowCredential, and goes with it."""

    def __init__(self, session: Api, namespaces: Collection[str]) -> None:
        self._session, self._namespaces = session, frozenset(namespaces)

    def writes_in(self, namespace: str) -> bool:
        """Whether the chart lets the gateway write Secrets there."""
        return namespace in self._namespaces

    async def values(self, credential: Manifest) -> dict[str, str]:
        """What the Secret holds, by field; nothing where there is none."""
        try:
            secret = await self._session.get(SECRETS, _key(credential))
        except errors.NotFound:
            return {}
        data, keys = secret.get("data") or {}, credential["spec"].get("keys", {})
        fields = {name: keys.get(name, name) for name in secret_fields(credential["spec"]["type"])}
        found = {name: data[key] for name, key in fields.items() if data.get(key)}
        return {name: b64decode(value).decode(errors="replace") for name, value in found.items()}

    async def make(self, credential: Manifest, settled: Settled) -> None:
        """Also when an equal request was here before, and did not get so far.

        Raises Problem 409 or 422; the credential is then not there any more, or was before.
        """
        secret = _secret(credential, settled)
        try:
            await self._session.create(SECRETS, secret)
        except errors.AlreadyExists:
            await self._same(credential, secret)
        except errors.ApiError as error:
            await self._undo(credential)
            raise _refused(error) from None

    async def change(
        self, credential: Manifest, settled: Settled, changed: Collection[str]
    ) -> None:
        """Only the fields that are changed; one that the credential has no more is taken away."""
        keys = credential["spec"].get("keys", {})
        data = {
            keys.get(name, name): _encoded(settled.secrets[name])
            if name in settled.secrets
            else None
            for name in changed
        }
        try:
            await self._session.merge_patch(SECRETS, _key(credential), {"data": data})
        except errors.NotFound:
            await self.make(credential, settled)
        except errors.ApiError as error:
            raise _refused(error) from None

    async def drop(self, credential: Manifest) -> None:
        """Its own Secret at once, where that is possible; else the cluster collects it."""
        key = _key(credential)
        if not self.writes_in(key.namespace):
            return
        try:
            found = await self._session.get(SECRETS, key)
            if _is_of(found, credential):
                await self._session.delete(SECRETS, key, uid=found["metadata"]["uid"])
        except (errors.NotFound, errors.Conflict):
            return

    async def _same(self, credential: Manifest, wanted: Manifest) -> None:
        key = _key(credential)
        found = await self._session.get(SECRETS, key)
        if not _is_of(found, credential):
            await self._undo(credential)
            detail = f'there is a Secret "{key.name}" already: choose another name'
            raise Problem(409, "SecretExists", detail)
        if (found.get("data") or {}) != wanted["data"]:
            detail = f'this Idempotency-Key belongs to "{credential["metadata"]["name"]}"'
            raise Problem(422, "IdempotencyKeyReused", f"{detail}, whose values are others")

    async def _undo(self, credential: Manifest) -> None:
        """A credential without its Secret is of no use."""
        try:
            uid = credential["metadata"]["uid"]
            await self._session.delete(CREDENTIALS, Key.of(credential), uid=uid)
        except errors.ApiError:
            return  # what is left says by its status what it lacks


def is_own(credential: Manifest) -> bool:
    """Whether its Secret is the one that the gateway makes for it."""
    metadata = credential["metadata"]
    wanted: str = credential["spec"]["secretRef"]["name"]
    return wanted == names.credential_secret(metadata["name"])


def _key(credential: Manifest) -> Key:
    return Key(credential["metadata"]["namespace"], credential["spec"]["secretRef"]["name"])


def _secret(credential: Manifest, settled: Settled) -> Manifest:
    """An empty value says that the credential has none on purpose."""
    owner = credential["metadata"]
    values = settled.secrets or {secret_fields(settled.type)[0]: ""}
    return {
        "apiVersion": SECRETS.api_version,
        "kind": SECRETS.kind,
        "metadata": {
            "name": credential["spec"]["secretRef"]["name"],
            "namespace": owner["namespace"],
            "labels": {names.LABEL_MANAGED_BY: "sluice"},
            "ownerReferences": [
                {
                    "apiVersion": CREDENTIALS.api_version,
                    "kind": CREDENTIALS.kind,
                    "name": owner["name"],
                    "uid": owner["uid"],
                }
            ],
        },
        "type": "Opaque",
        "data": {name: _encoded(value) for name, value in values.items()},
    }


def _is_of(secret: Manifest, credential: Manifest) -> bool:
    uid = credential["metadata"]["uid"]
    return uid in {one["uid"] for one in secret["metadata"].get("ownerReferences", ())}


def _encoded(value: str) -> str:
    return b64encode(value.encode()).decode()


def _refused(error: errors.ApiError) -> Exception:
    """Without the server's words about a Secret, which may quote it."""
    if isinstance(error, errors.Unavailable | errors.TooManyRequests):
        return error
    detail = f"the cluster refuses the Secret of the credential ({error.status} {error.reason})"
    return Problem(502 if error.status in (401, 403) else 422, "SecretRefused", detail)
