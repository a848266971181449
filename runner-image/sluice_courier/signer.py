"""Sign for a namespace: by a key of its Secret, or by the installation's own."""

from base64 import b64decode
from collections.abc import Awaitable, Callable

from sluice_core import names, standard_webhooks, wire
from sluice_kube import errors
from sluice_kube.resources import Key, Manifest
from sluice_kube.signing import KeyPair

ReadSecret = Callable[[Key], Awaitable[Manifest]]


class NoKey(Exception):  # noqa: N818 - a state of the namespace
    """There is nothing to sign with; the message says what to give, and tells no secret."""


class Signer:
    """A Secret is read at each use, so that a new key is in force at once."""

    def __init__(self, read: ReadSecret, own: Callable[[], KeyPair]) -> None:
        self._read, self._own = read, own

    async def headers(self, letter: wire.Letter, seconds: int) -> dict[str, str]:
        """The three headers of Standard Webhooks; raises NoKey."""
        signed = standard_webhooks.content(letter.id, seconds, letter.body.encode())
        signatures = (
            self._asymmetric(signed)
            if letter.secret_key is None
            else await self._symmetric(letter.namespace, letter.secret_key, signed)
        )
        return standard_webhooks.framed(letter.id, seconds, *signatures)

    def _asymmetric(self, signed: bytes) -> list[str]:
        """By the new key and the one before it, which receivers may still hold us to."""
        pair = self._own()
        keys = [one for one in (pair.current, pair.previous) if one is not None]
        return [standard_webhooks.asymmetric(key.sign(signed)) for key in keys]

    async def _symmetric(self, namespace: str, name: str, signed: bytes) -> list[str]:
        where = f"the key {name} of the Secret {names.WEBHOOKS_SECRET}"
        try:
            secrets = (await self._value(namespace, name, where)).split()
            made = [standard_webhooks.symmetric(one, signed) for one in secrets]
        except standard_webhooks.UnusableSecret as error:
            raise NoKey(f"{where} {error}") from None
        if not made:
            raise NoKey(f"{where} is empty")
        return made

    async def _value(self, namespace: str, name: str, where: str) -> str:
        try:
            found = await self._read(Key(namespace, names.WEBHOOKS_SECRET))
        except errors.NotFound:
            raise NoKey(f"there is no Secret {names.WEBHOOKS_SECRET} in {namespace}") from None
        except errors.ApiError as error:
            raise NoKey(f"{where} cannot be read: {error}") from error
        value = (found.get("data") or {}).get(name)
        if value is None:
            raise NoKey(f"the Secret {names.WEBHOOKS_SECRET} in {namespace} has no key {name}")
        try:
            return b64decode(value).decode("ascii")
        except ValueError:
            raise NoKey(f"{where} is not {standard_webhooks.PREFIX} and base64") from None
