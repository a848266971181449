"""Sign a request to S3: AWS Signature Version 4 in its Authorization header. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, kw_only=True, repr=False)
class Keys:
    """Who signs, and for which region."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    region: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is signed: a path as it is sent, percent-encoded once, and no query."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def signed(request: Request, keys: Keys, now: datetime) -> dict[str, str]:
    """The headers to send; `now` in UTC, and at most a quarter of an hour off."""
    payload = sha256(request.body).hexdigest()
    headers = dict(request.headers)
    headers |= {"x-amz-date": f"{now:%Y%m%dT%H%M%SZ}", "x-amz-content-sha256": payload}
    if keys.session_token is not None:
        headers["x-amz-security-token"] = keys.session_token
    told = sorted((name.lower(), value.strip()) for name, value in headers.items())
    told = sorted([*told, ("host", request.host)])
    names = ";".join(name for name, _ in told)
    lines = "".join(f"{name}:{value}\n" for name, value in told)
    canonical = f"{request.method}\n{request.path}\n\n{lines}\n{names}\n{payload}"
    scope = f"{now:%Y%m%d}/{keys.region}/s3/aws4_request"
    hashed = sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{now:%Y%m%dT%H%M%SZ}\n{scope}\n{hashed}"
    signature = _hmac(_key(keys, now), to_sign).hex()
    credential = f"{keys.access_key_id}/{scope}"
    headers["Authorization"] = (
        f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _key(keys: Keys, now: datetime) -> bytes:
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in (f"{now:%Y%m%d}", keys.region, "s3", "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
