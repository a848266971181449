"""Call a vendor's HTTP API: one guarded request without redirects, and what its refusal means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from pydantic import JsonValue

from sluice_core import plain
from sluice_runner.actions.action import Context, StepFailed
from sluice_runner.actions.http_answer import failure_of, retry_after

if TYPE_CHECKING:
    import httpx

WORDS = 2048  # bytes of a message, the vendor's own words among them
REFUSED = "CredentialRefused"
NOT_ACCEPTED = "it does not accept the credential, look at its Secret"
REDIRECT = "it answers with a redirect, which is not followed"


@dataclass(frozen=True, kw_only=True, repr=False)
class Call:
    """A request. Messages show `name` in place of the URL, which may be a secret."""

    name: str
    url: str | httpx.URL
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def authorized(self, token: str) -> Call:
        """The same, with a bearer token (RFC 6750)."""
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})


async def send(ctx: Context, call: Call, limit: int | None = None) -> httpx.Response:
    """The answer, whatever its status, with its body read.

    A success with more than `limit` bytes fails the step before they are read.
    """
    from sluice_runner.actions.http_failure import failures_at  # noqa: PLC0415 - needs httpx

    request = ctx.http().stream(
        call.method,
        call.url,
        headers=dict(call.headers),
        content=call.content,
        follow_redirects=False,
    )
    with failures_at(call.name):
        async with request as answer:
            _within(call, answer, int(answer.headers.get("content-length") or 0), limit)
            await answer.aread()
    _within(call, answer, len(answer.content), limit)
    return answer


def _within(call: Call, answer: httpx.Response, size: int, limit: int | None) -> None:
    if limit is not None and answer.is_success and size > limit:
        message = f"{call.name}: it has {size:,} bytes, of which {limit:,} are wanted"
        raise StepFailed("Permanent", "TooLarge", message)


def json_call(name: str, url: str | httpx.URL, body: JsonValue) -> Call:
    """A POST of JSON. The charset is named: Teams takes the text for UTF-16 where it is not."""
    return Call(
        name=name,
        url=url,
        headers={"Content-Type": "application/json; charset=utf-8"},
        content=orjson.dumps(body),
    )


def said(answer: httpx.Response) -> JsonValue:
    """The body as data; null where it is no JSON."""
    try:
        data: JsonValue = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
    return data


def fields(answer: httpx.Response) -> dict[str, JsonValue]:
    """The body's fields; none where it is no JSON object."""
    data = said(answer)
    return data if isinstance(data, dict) else {}


def text(answer: httpx.Response) -> str:
    """What it says, for people: the beginning, in UTF-8 whatever charset it names."""
    return answer.content[: 2 * WORDS].decode(errors="replace")


def refusal(
    call: Call, answer: httpx.Response, ctx: Context, words: str = "", reason: str = ""
) -> StepFailed:
    """The failure that an unwanted status means; `words` are the body's where none are given."""
    status = answer.status_code
    words = words or (REDIRECT if 300 <= status < 400 else text(answer))
    if status == 401:
        reason = REFUSED
    parts = (
        f"{call.name}: {status} {answer.reason_phrase}".rstrip(),
        _without(call.url, " ".join(words.split())),
        NOT_ACCEPTED if reason == REFUSED else "",
    )
    return StepFailed(
        failure_of(status),
        reason or f"Http{status}",
        plain.cut(": ".join(part for part in parts if part), WORDS),
        retry_after(answer.headers.get("retry-after", ""), ctx.now()),
    )


def _without(url: str | httpx.URL, words: str) -> str:
    """Some vendors tell what was asked for, and that is a secret of a webhook."""
    parts = urlsplit(str(url))
    for part in (str(url), f"{parts.path}?{parts.query}", parts.path):
        words = words.replace(part, "…") if len(part) > 1 else words
    return words


def unreadable(call: Call) -> StepFailed:
    """The failure that a success without the promised body is."""
    return StepFailed("Permanent", "AnswerInvalid", f"{call.name}: its answer is of no known form")


def webhook(secret: str, allowed: Callable[[str, str], bool], form: str) -> httpx.URL:
    """A webhook's URL, read by the same parser that sends to it, if its host and path are allowed.

    `form` says what the URL looks like; the URL itself is never shown.
    """
    import httpx  # noqa: PLC0415

    try:
        url = httpx.URL(secret.strip())
    except httpx.InvalidURL as error:
        message = f"webhookUrl of the credential is no URL: it looks like {form}"
        raise StepFailed("Permanent", "InvalidUrl", message) from error
    host = url.raw_host.decode()
    plainly = url.scheme == "https" and url.port is None and not url.userinfo
    if plainly and allowed(host, url.path):
        return url
    message = f"webhookUrl of the credential leads elsewhere than {form}: nothing was sent"
    raise StepFailed("Permanent", "HostRefused", message)


def endpoint(base: str, path: str) -> httpx.URL:
    """`path`, percent-encoded, below the endpoint of a credential; raises StepFailed."""
    import httpx  # noqa: PLC0415

    try:
        url = httpx.URL(f"{base.rstrip('/')}/{path}")
    except httpx.InvalidURL as error:
        raise _no_endpoint() from error
    if url.userinfo or url.query or url.fragment or not url.raw_path.decode().endswith(path):
        raise _no_endpoint()
    return url


def _no_endpoint() -> StepFailed:
    message = "the endpoint of the credential is no address such as https://minio.shop:9000"
    return StepFailed("Permanent", "InvalidUrl", message)
