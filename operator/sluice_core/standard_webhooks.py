"""Sign a request as Standard Webhooks has it: symmetric, version 1."""

import hashlib
import hmac
from base64 import b64decode, b64encode

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)  # as the specification wants them


class UnusableSecret(ValueError):  # noqa: N818 - what the secret is
    """It is not `whsec_` and base64."""


def headers(secret: str, message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers; `seconds` since the epoch is when this attempt is made."""
    signed = f"{message_id}.{seconds}.".encode() + body
    made = b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{made}",
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
