"""Speak to S3 and stores like it: where an object is, a signed request, what a refusal means.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote

from sluice_core.credentials import AwsS3
from sluice_runner.actions import aws_signature, vendor
from sluice_runner.actions.action import Context, StepFailed

if TYPE_CHECKING:
    import httpx

CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
CREDENTIAL_CODES = frozenset(
    {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"}
)
BUSY = frozenset({"SlowDown", "RequestLimitExceeded", "TooManyRequests"})
UNSURE = frozenset({"ConditionalRequestConflict", "OperationAborted", "RequestTimeout"})


@dataclass(frozen=True)
class Place:
    """Where an object is."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


def call(
    method: str,
    credential: AwsS3,
    place: Place,
    ctx: Context,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> vendor.Call:
    """A signed request about one object."""
    url = address(credential, place)
    session_token = credential.session_token
    keys = aws_signature.Keys(
        access_key_id=credential.access_key_id.get_secret_value(),
        secret_access_key=credential.secret_access_key.get_secret_value(),
        session_token=session_token.get_secret_value() if session_token else None,
        region=credential.region,
    )
    request = aws_signature.Request(
        method=method,
        host=url.netloc.decode(),
        path=url.raw_path.decode(),
        headers=headers or {},
        body=body,
    )
    signed = aws_signature.signed(request, keys, ctx.now())
    return vendor.Call(
        name=f"S3 {method} {place}", url=url, method=method, headers=signed, content=body
    )


def address(credential: AwsS3, place: Place) -> httpx.URL:
    """The bucket is a part of the host, unless that cannot be or `path_style` says so."""
    endpoint = credential.endpoint or f"https://s3.{credential.region}.amazonaws.com"
    scheme, _, rest = endpoint.partition("://")
    host = rest.partition("/")[0]
    path = quote(place.key, safe="/-_.~")
    if credential.path_style or "." in place.bucket or _is_an_address(host):
        path = f"{place.bucket}/{path}"
    else:
        rest = f"{place.bucket}.{rest}"
    return vendor.endpoint(f"{scheme}://{rest}", path)


def refusal(call: vendor.Call, answer: httpx.Response, ctx: Context) -> StepFailed:
    """The code of S3 is the reason, but for what all vendors have."""
    said = vendor.text(answer)
    code = found[1] if (found := CODE.search(said)) else ""
    words = unescape(found[1]) if (found := MESSAGE.search(said)) else ""
    region = answer.headers.get("x-amz-bucket-region")
    if region and answer.status_code < 400:
        words = f"the bucket is in {region}: say so in config.region of the credential"
    reason = vendor.REFUSED if code in CREDENTIAL_CODES else code
    if code == "PreconditionFailed":
        reason, words = "AlreadyExists", "there is an object of this key (ifExists: fail)"
    failure = vendor.refusal(call, answer, ctx, words, reason)
    if code in BUSY:
        failure.failure = "RateLimited"
    elif code in UNSURE:
        failure.failure = "Transient"
    return failure


def _is_an_address(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return host.startswith("[")
    return True
