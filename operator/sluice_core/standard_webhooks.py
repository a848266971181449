"""Sign a request as Standard Webhooks has it: symmetric (v1) and asymmetric (v1a)."""

import hashlib
import hmac
from base64 import b64decode, b64encode

PREFIX = "whsec_"
PUBLIC_PREFIX = "whpk_"
KEY_BYTES = range(24, 65)  # as the specification wants them


class UnusableSecret(ValueError):  # noqa: N818 - what the secret is
    """It is not `whsec_` and base64."""


def headers(secret: str, message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers; `seconds` since the epoch is when this attempt is made."""
    signed = content(message_id, seconds, body)
    return framed(message_id, seconds, symmetric(secret, signed))


def content(message_id: str, seconds: int, body: bytes) -> bytes:
    """What is signed."""
    return f"{message_id}.{seconds}.".encode() + body


def symmetric(secret: str, signed: bytes) -> str:
    """A signature by a shared secret; raises UnusableSecret."""
    return f"v1,{b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()}"


def asymmetric(signature: bytes) -> str:
    """A signature that an Ed25519 key has made."""
    return f"v1a,{b64encode(signature).decode()}"


def public_key(raw: bytes) -> str:
    """An Ed25519 key as receivers are given it."""
    return f"{PUBLIC_PREFIX}{b64encode(raw).decode()}"


def framed(message_id: str, seconds: int, *signatures: str) -> dict[str, str]:
    """The three headers, with the signatures of all keys that hold."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }


def message_id(key: str) -> str:
    """The same for each repetition under one key, and without dots, as the signature wants it."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise UnusableSecret(f"is not {PREFIX} and base64") from error
    if len(key) not in KEY_BYTES:
        raise UnusableSecret(f"is not {PREFIX} and base64 of 24 to 64 bytes")
    return key
