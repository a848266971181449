"""The keys of webhooks: one Secret of a fixed name in each namespace, remembered for seconds."""

import logging
from base64 import b64decode
from collections.abc import Awaitable, Callable

from sluice_core import names
from sluice_gateway import signatures
from sluice_gateway.cached import Cached
from sluice_gateway.listening import Scheme
from sluice_gateway.problems import Problem
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest

log = logging.getLogger(__name__)

SECONDS = 5.0
_NAMESPACES = 1000

ReadSecret = Callable[[Key], Awaitable[Manifest]]


class WebhookKeys:
    """Reads a Secret when a webhook of its namespace comes, and not before."""

    def __init__(self, read: ReadSecret, seconds: float = SECONDS) -> None:
        self._read = read
        self._known: Cached[str, dict[str, str] | None] = Cached(seconds, _NAMESPACES)

    async def of(self, namespace: str, scheme: Scheme) -> list[bytes]:
        """The keys that hold at the moment; raises Problem 503 where there is none."""
        data = await self._known.get(namespace, lambda: self._data(namespace))
        if data is None:
            raise _unreadable(namespace, f"there is no Secret {names.WEBHOOKS_SECRET} to read")
        if scheme.secret_key not in data:
            raise _unreadable(
                namespace,
                f'the Secret {names.WEBHOOKS_SECRET} has no key "{scheme.secret_key}"',
            )
        try:
            return signatures.secrets_of(scheme, b64decode(data[scheme.secret_key]))
        except signatures.UnusableKeyError as error:
            detail = f'the key "{scheme.secret_key}" of {names.WEBHOOKS_SECRET}: {error}'
            raise _unreadable(namespace, detail) from error

    async def has(self, namespace: str, name: str) -> bool:
        """Whether there is such a key."""
        data = await self._known.get(namespace, lambda: self._data(namespace))
        return data is not None and name in data

    def forget(self, namespace: str) -> None:
        """The Secret was written just now."""
        self._known.forget(namespace)

    async def _data(self, namespace: str) -> dict[str, str] | None:
        try:
            secret = await self._read(Key(namespace, names.WEBHOOKS_SECRET))
        except (errors.NotFound, errors.Forbidden) as error:
            log.warning("webhooks of %s cannot be checked: %s", namespace, error)
            return None
        data: dict[str, str] = secret.get("data") or {}
        return data


def _unreadable(namespace: str, why: str) -> Problem:
    detail = f'webhooks of namespace "{namespace}" cannot be checked: {why}'
    return Problem(503, "WebhookSecretUnreadable", detail, headers={"Retry-After": "30"})
