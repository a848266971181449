"""Who calls: Ed25519 tokens of operator and gateway, checked against mounted public keys."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sluice_core import wire

if TYPE_CHECKING:  # at run time it is imported with the first token, not with the process
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LEEWAY_SECONDS = 5
_REREAD_SECONDS = 1  # for a key id that is not known
_REFRESH_SECONDS = 60  # for one that is, so that a withdrawn key is forgotten
_CACHED_TOKENS = 256
_SCOPES_OF_ISSUER = {
    "operator": frozenset({wire.SCOPE_RUN, wire.SCOPE_READ, wire.SCOPE_DELIVER}),
    "gateway": frozenset({wire.SCOPE_READ}),
}

log = logging.getLogger(__name__)


class InvalidToken(Exception):  # noqa: N818 - what the caller showed
    """The caller is nobody this runner knows; the message says what is wrong with the token."""


@dataclass(frozen=True)
class Caller:
    """`issuer` is the process that signed, by the name of its key; `expires` in epoch seconds."""

    issuer: str
    scope: str
    expires: float


class Keys:
    """The public keys of a folder, `<issuer>-<what tells it apart>.pem`.

    The folder is a mounted ConfigMap, which the kubelet changes while the runner runs.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._read_at = float("-inf")
        self._keys: dict[str, Ed25519PublicKey] = {}

    def find(self, kid: str) -> "Ed25519PublicKey | None":
        """The key of that id, from the folder if it was not seen yet."""
        age = self._clock() - self._read_at
        if age >= (_REFRESH_SECONDS if kid in self._keys else _REREAD_SECONDS):
            self._read_at = self._clock()
            self._keys = dict(_read(self._folder))
        return self._keys.get(kid)


class Verifier:
    """Checks tokens for one audience, and remembers the good ones until they expire."""

    def __init__(self, keys: Keys, audience: str, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._audience = audience
        self._clock = clock
        self._known: dict[str, Caller] = {}

    def warm(self) -> None:
        """Import and read now what the first token would have to wait for."""
        import jwt  # noqa: F401, PLC0415

        self._keys.find("")

    def verify(self, token: str) -> Caller:
        """Raises InvalidToken."""
        now = self._clock()
        caller = self._known.get(token)
        if caller is None or caller.expires <= now:
            caller = self._checked(token)
            self._remember(token, caller, now)
        return caller

    def _remember(self, token: str, caller: Caller, now: float) -> None:
        if len(self._known) >= _CACHED_TOKENS:
            self._known = {t: c for t, c in self._known.items() if c.expires > now}
        if len(self._known) < _CACHED_TOKENS:
            self._known[token] = caller

    def _checked(self, token: str) -> Caller:
        import jwt  # noqa: PLC0415 - costs a tenth of a second, and a start does not need it

        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key = self._keys.find(kid)
            if key is None:
                raise InvalidToken("signed with a key that is not known here")
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "aud", "scope"]},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(str(error)) from error
        return self._caller(kid.partition("-")[0], claims)

    def _caller(self, issuer: str, claims: dict[str, object]) -> Caller:
        issued, expires = float(str(claims["iat"])), float(str(claims["exp"]))
        scope = str(claims["scope"])
        if max(expires - issued, expires - self._clock() - LEEWAY_SECONDS) > wire.TOKEN_SECONDS:
            raise InvalidToken(f"lives longer than {wire.TOKEN_SECONDS} s")
        if scope not in _SCOPES_OF_ISSUER.get(issuer, frozenset()):
            raise InvalidToken(f"a key of {issuer} does not sign for this scope")
        return Caller(issuer=issuer, scope=scope, expires=expires)


def _read(folder: Path) -> "list[tuple[str, Ed25519PublicKey]]":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - see above
        Ed25519PublicKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_pem_public_key,
    )

    keys = []
    for path in folder.glob("*.pem"):
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            log.warning("%s is not a public key: %s", path.name, error)
            continue
        if isinstance(key, Ed25519PublicKey):
            keys.append((path.stem, key))
    return keys
