"""The key with which a process signs its tokens for runners, kept in a Secret of the release."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sluice_core import names, wire
from sluice_kube import errors
from sluice_kube.resources import CONFIG_MAPS, SECRETS, Key, Manifest
from sluice_kube.session import Session

Issuer = Literal["operator", "gateway", "courier"]

ROTATE_SECONDS = 90 * 24 * 3600
PUBLISHED_SECONDS = 300  # until every kubelet has brought a new public key to its runners
_REUSE_SECONDS = 30  # of the 60 that a token lives: what is left is for the way and for clocks
_CACHED_TOKENS = 20_000
_CURRENT, _PREVIOUS, _SINCE = "current.pem", "previous.pem", "since"


class UnreadableKey(Exception):  # noqa: N818 - what is wrong with the Secret
    """The Secret does not hold what this module wrote; delete it, and a new one is made."""


@dataclass(frozen=True)
class KeyPair:
    """The key in use, the one before it, and since when (epoch seconds) the first is known."""

    current: Ed25519PrivateKey
    previous: Ed25519PrivateKey | None
    since: int

    def signing(self, now: float) -> Ed25519PrivateKey:
        """The current key, but the previous one while runners may not know the current yet."""
        if self.previous is not None and now - self.since < PUBLISHED_SECONDS:
            return self.previous
        return self.current

    def rotated(self, now: float) -> "KeyPair":
        """A new current key."""
        return KeyPair(Ed25519PrivateKey.generate(), self.current, int(now))


@dataclass
class SigningKey:
    """Signs for runners."""

    issuer: Issuer
    pair: KeyPair
    clock: Callable[[], float] = time.time
    _tokens: dict[tuple[str, str, str], tuple[float, str]] = field(default_factory=dict)

    def token(self, workflow_uid: str, pod_uid: str, scope: str) -> str:
        """A token for one runner pod, good for at least half a minute more."""
        now = self.clock()
        key = (workflow_uid, pod_uid, scope)
        made_at, token = self._tokens.get(key, (float("-inf"), ""))
        if now - made_at >= _REUSE_SECONDS:
            token = self._signed(names.runner_audience(workflow_uid, pod_uid), scope, now)
            self._make_room(now)
            self._tokens[key] = (now, token)
        return token

    def _signed(self, audience: str, scope: str, now: float) -> str:
        private = self.pair.signing(now)
        issued = int(now)
        expires = issued + wire.TOKEN_SECONDS
        claims = {"aud": audience, "scope": scope, "iat": issued, "exp": expires}
        headers = {"kid": key_id(self.issuer, private.public_key())}
        return jwt.encode(claims, private, algorithm="EdDSA", headers=headers)

    def _make_room(self, now: float) -> None:
        if len(self._tokens) < _CACHED_TOKENS:
            return
        fresh = {k: v for k, v in self._tokens.items() if now - v[0] < _REUSE_SECONDS}
        self._tokens = fresh if len(fresh) < _CACHED_TOKENS else {}


async def load_or_create(
    session: Session,
    namespace: str,
    secret_name: str,
    public_config_map: str,
    *,
    issuer: Issuer,
    clock: Callable[[], float] = time.time,
) -> SigningKey:
    """The key of all replicas of a process: made by the first, read by the others.

    Called again, it makes a new key of one that is 90 days old. The public halves, of the current
    and the previous key, are in the ConfigMap as `<key id>.pem`; it may be shared by issuers.
    """
    pair = await _load(session, Key(namespace, secret_name), clock)
    await _publish(session, Key(namespace, public_config_map), issuer, pair)
    return SigningKey(issuer, pair, clock)


async def public_keys(session: Session, namespace: str, config_map: str) -> dict[str, str]:
    """What was published, file name to PEM; empty before anybody has published."""
    try:
        found = await session.get(CONFIG_MAPS, Key(namespace, config_map))
    except errors.NotFound:
        return {}
    return dict(found.get("data") or {})


def public_half(pem: str) -> bytes:
    """The raw key of a PEM that `public_keys` gave; raises ValueError."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("another kind of key")  # noqa: TRY004 - of the data, not of the caller
    return key.public_bytes_raw()


def key_id(issuer: Issuer, public: Ed25519PublicKey) -> str:
    """The issuer, by which a runner knows what the key may sign, and a hash of the key."""
    return f"{issuer}-{hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]}"


def public_pems(issuer: Issuer, pair: KeyPair) -> dict[str, str]:
    """What runners have to know: file name to PEM."""
    known = [k.public_key() for k in (pair.current, pair.previous) if k is not None]
    return {f"{key_id(issuer, public)}.pem": _public_pem(public) for public in known}


async def _load(session: Session, key: Key, clock: Callable[[], float]) -> KeyPair:
    try:
        found = await session.get(SECRETS, key)
    except errors.NotFound:
        first = KeyPair(Ed25519PrivateKey.generate(), None, int(clock()))
        try:
            found = await session.create(SECRETS, _secret(key, first))
        except errors.AlreadyExists:
            found = await session.get(SECRETS, key)
    pair = _read(key, found)
    if clock() - pair.since < ROTATE_SECONDS:
        return pair
    return await _rotate(session, key, found, pair.rotated(clock()))


async def _rotate(session: Session, key: Key, found: Manifest, pair: KeyPair) -> KeyPair:
    """The replica that comes first rotates; the others take what it made."""
    operations = [
        {"op": "test", "path": "/data/since", "value": found["data"][_SINCE]},
        {"op": "replace", "path": "/data", "value": _secret(key, pair)["data"]},
    ]
    try:
        await session.json_patch(SECRETS, key, operations)
    except errors.Invalid:
        return _read(key, await session.get(SECRETS, key))
    return pair


async def _publish(session: Session, key: Key, issuer: Issuer, pair: KeyPair) -> None:
    wanted = public_pems(issuer, pair)
    published = await public_keys(session, *key)
    own = {name: pem for name, pem in published.items() if name.startswith(f"{issuer}-")}
    if own == wanted:
        return
    try:
        await session.create(CONFIG_MAPS, _manifest("ConfigMap", key, wanted))
    except errors.AlreadyExists:
        gone: dict[str, str | None] = dict.fromkeys(own.keys() - wanted.keys())
        await session.merge_patch(CONFIG_MAPS, key, {"data": {**gone, **wanted}})


def _secret(key: Key, pair: KeyPair) -> Manifest:
    texts = {_CURRENT: _private_pem(pair.current), _SINCE: str(pair.since).encode()}
    if pair.previous is not None:
        texts[_PREVIOUS] = _private_pem(pair.previous)
    data = {name: base64.b64encode(text).decode() for name, text in texts.items()}
    return _manifest("Secret", key, data)


def _manifest(kind: str, key: Key, data: dict[str, str]) -> Manifest:
    labels = {names.LABEL_MANAGED_BY: "sluice"}
    metadata = {"name": key.name, "namespace": key.namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data}


def _read(key: Key, secret: Manifest) -> KeyPair:
    try:
        data = {k: base64.b64decode(v, validate=True) for k, v in secret["data"].items()}
        previous = _private(data[_PREVIOUS]) if _PREVIOUS in data else None
        return KeyPair(_private(data[_CURRENT]), previous, int(data[_SINCE]))
    except (KeyError, ValueError) as error:
        raise UnreadableKey(f"Secret {key} holds no signing key") from error


def _private(pem: bytes) -> Ed25519PrivateKey:
    private = load_pem_private_key(pem, password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("another kind of key")  # noqa: TRY004 - of the data, not of the caller
    return private


def _private_pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(public: Ed25519PublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
