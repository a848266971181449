"""Verify a webhook as the specification of Standard Webhooks has it, written from its text alone.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE_SECONDS = 300


def verified(
    headers: Mapping[str, str], body: bytes, now: float, *, secret: str = "", public: str = ""
) -> bool:
    """Whether one of the signatures is made with the key that the receiver was given."""
    id_, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if "." in id_ or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return False
    signed = b".".join((id_.encode(), stamp.encode(), body))
    shown = [one.partition(",") for one in headers["webhook-signature"].split(" ")]
    return any(
        _symmetric(signed, text, secret) if version == "v1" else _asymmetric(signed, text, public)
        for version, _, text in shown
        if (version == "v1" and secret) or (version == "v1a" and public)
    )


def _symmetric(signed: bytes, text: str, secret: str) -> bool:
    key = b64decode(secret.removeprefix("whsec_"))
    return hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), b64decode(text))


def _asymmetric(signed: bytes, text: str, public: str) -> bool:
    key = Ed25519PublicKey.from_public_bytes(b64decode(public.removeprefix("whpk_")))
    try:
        key.verify(b64decode(text), signed)
    except InvalidSignature:
        return False
    return True
