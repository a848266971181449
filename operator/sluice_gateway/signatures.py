"""Tell whether a webhook comes from someone who holds its key: pure, and in constant time.

What can be refused by the headers alone is refused before the body is read.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice_gateway.listening import Scheme

TOLERANCE_SECONDS = 300  # as the libraries of standardwebhooks.com have it
SIGNATURE_HEADERS = ("webhook-signature", "x-hub-signature-256", "x-hub-signature")
_ID = re.compile(r"[\x21-\x7e]{1,253}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_MOST_SIGNATURES = 16  # a sender that rotates its key sends two
_MOST_CHARACTERS = 8192

Headers = Mapping[str, Sequence[str]]
"""All values of each header, by its name in lower case."""


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The request does not prove what it has to; the message says what is missing."""


class UnusableKeyError(ValueError):
    """A key that no signature can be checked with."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """Signatures that a request shows; without `digest` they are the key itself.

    `before` is what is signed in front of the body. `id` and `seconds` are under the signature too.
    """

    signatures: tuple[bytes, ...]
    digest: str | None = "sha256"
    before: bytes = b""
    id: str | None = None
    seconds: int | None = None


def claimed(scheme: Scheme, headers: Headers, now: float) -> Claimed | None:
    """What the headers claim; None where nothing is asked for. Raises Refused."""
    if scheme.type == "None":
        return None
    if scheme.type == "StandardWebhooks":
        return _standard(headers, now)
    if scheme.type == "Bearer":
        return _bearer(headers)
    if scheme.type == "GitHub":
        scheme = Scheme(type="Hmac", header="x-hub-signature-256", prefix="sha256=")
    return _hmac(scheme, headers)


def holds(claim: Claimed, keys: Sequence[bytes], body: bytes) -> bool:
    """Whether one of the signatures was made with one of the keys."""
    made = [_made(claim, key, body) for key in keys]
    fits = [hmac.compare_digest(mine, shown) for mine in made for shown in claim.signatures]
    return any(fits)


def secrets_of(scheme: Scheme, value: bytes) -> list[bytes]:
    """The keys in the value of a Secret, one a line, so that two hold while one is rotated.

    Raises UnusableKeyError, whose message does not tell what the value is.
    """
    lines = [line.strip() for line in value.splitlines()]
    keys = [_decoded(scheme, line) for line in lines if line]
    if not keys:
        raise UnusableKeyError("it is empty")
    return keys


def _made(claim: Claimed, key: bytes, body: bytes) -> bytes:
    if claim.digest is None:
        return _hashed(key)
    return hmac.new(key, claim.before + body, claim.digest).digest()


def _hashed(text: bytes) -> bytes:
    """Of one length, so that comparing does not tell how long a key is."""
    return hashlib.sha256(text).digest()


def _decoded(scheme: Scheme, line: bytes) -> bytes:
    if scheme.type != "StandardWebhooks":
        return line
    try:
        key = b64decode(line.removeprefix(b"whsec_"), validate=True)
    except binascii.Error as error:
        raise UnusableKeyError("a key of Standard Webhooks is whsec_ and base64") from error
    if not key:
        raise UnusableKeyError("it is empty")
    return key


def _standard(headers: Headers, now: float) -> Claimed:
    """standardwebhooks.com, the symmetric signature v1."""
    id_ = _one(headers, "webhook-id")
    if not _ID.fullmatch(id_):
        raise Refused("webhook-id is not 1 to 253 printable characters without a space")
    stamp = _one(headers, "webhook-timestamp")
    if not _SECONDS.fullmatch(stamp):
        raise Refused("webhook-timestamp is not a number of seconds since 1970")
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        raise Refused(
            f"webhook-timestamp is more than {TOLERANCE_SECONDS // 60} minutes from the time here"
        )
    shown = _one(headers, "webhook-signature").split(" ")[:_MOST_SIGNATURES]
    signatures = [_base64(one[3:]) for one in shown if one.startswith("v1,")]
    if not signatures:
        raise Refused("webhook-signature has no signature of version v1")
    return Claimed(
        signatures=tuple(signatures),
        before=f"{id_}.{stamp}.".encode(),
        id=id_,
        seconds=int(stamp),
    )


def _hmac(scheme: Scheme, headers: Headers) -> Claimed:
    name = scheme.header.lower()
    text = _one(headers, name)
    if not text.startswith(scheme.prefix):
        raise Refused(f"{name} does not begin with {scheme.prefix}")
    text = text.removeprefix(scheme.prefix)
    signature = _base64(text) if scheme.encoding == "Base64" else _hex(text)
    return Claimed(signatures=(signature,), digest=scheme.algorithm.lower())


def _bearer(headers: Headers) -> Claimed:
    kind, _, token = _one(headers, "authorization").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        raise Refused("Authorization is not Bearer and a key")
    return Claimed(signatures=(_hashed(token.encode("latin-1", "replace")),), digest=None)


def _one(headers: Headers, name: str) -> str:
    values = headers.get(name, ())
    if len(values) != 1:
        times = "missing" if not values else "there more than once"
        raise Refused(f"the header {name} is {times}")
    if len(values[0]) > _MOST_CHARACTERS:
        raise Refused(f"the header {name} is too long")
    return values[0]


def _hex(text: str) -> bytes:
    if not _HEX.fullmatch(text):
        raise Refused("the signature is not hexadecimal")
    return bytes.fromhex(text)


def _base64(text: str) -> bytes:
    try:
        return b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise Refused("the signature is not base64") from error
