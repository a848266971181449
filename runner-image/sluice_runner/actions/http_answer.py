"""What an HTTP answer means to a step: its body as data, its status as success or failure."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from pydantic import JsonValue

from sluice_core import plain
from sluice_core.catalog.http import HttpParams
from sluice_core.wire import FailureClass
from sluice_runner.actions.action import StepFailed

if TYPE_CHECKING:
    import httpx

JSON = re.compile(r"\s*(application/json|[^;]+\+json|text/json)\s*(;.*)?", re.IGNORECASE)
SECONDS = re.compile(r"[0-9]{1,9}")
EXCERPT = 2 * plain.KIB


def check(answer: httpx.Response, method: str, params: HttpParams, now: datetime) -> None:
    """Raise StepFailed unless the status is one of `expect`, or 2xx where nothing is expected."""
    status = answer.status_code
    if status in params.expect or (not params.expect and answer.is_success):
        return
    said = _text(answer) or ""
    message = f"{method} {printable(params.url)}: {status} {answer.reason_phrase}".rstrip()
    excerpt = plain.cut(" ".join(plain.cut(said, EXCERPT * 2).split()), EXCERPT)
    raise StepFailed(
        failure_of(status),
        f"Http{status}",
        f"{message}: {excerpt}" if excerpt else message,
        retry_after(answer.headers.get("retry-after", ""), now),
    )


def failure_of(status: int) -> FailureClass:
    """How an unexpected status is retried."""
    if status == 429:
        return "RateLimited"
    if status == 408:
        return "Timeout"
    return "Transient" if status >= 500 else "Permanent"


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds from `now`, of seconds or a date (RFC 9110, 10.2.3); None when it says nothing."""
    text = header.strip()
    if SECONDS.fullmatch(text):
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def decoded(answer: httpx.Response) -> JsonValue:
    """JSON as data, nothing as null, text as text, and else `{base64, contentType}`."""
    content_type = answer.headers.get("content-type", "")
    if not answer.content:
        return None
    if JSON.fullmatch(content_type):
        try:
            data: JsonValue = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            pass  # it is not what it says, and may still be text
        else:
            return data
    text = _text(answer)
    if text is not None:
        return text
    return {"base64": b64encode(answer.content).decode(), "contentType": content_type}


def _text(answer: httpx.Response) -> str | None:
    """By the charset that the answer names, else UTF-8; None for bytes that are not text."""
    try:
        text = answer.content.decode(answer.charset_encoding or "utf-8")
    except (LookupError, ValueError):
        return None
    return None if "\0" in text else text


def printable(url: str) -> str:
    """The URL without what may be secret: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(a URL that is not valid)"
    query = "?…" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query}"
