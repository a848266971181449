"""What strangers send: a body as a value, and its headers without what proves who sent them."""

import re
from base64 import b64encode
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers

from sluice_gateway import strict_json
from sluice_gateway.problems import Problem

_MOST_FIELDS = 256
_MOST_HEADERS = 64
_HEADER_CHARACTERS = 4096
_ALL_HEADERS_CHARACTERS = 16_384
_SECRET = re.compile(r"authori[sz]ation|cookie|api-?key|signature|token|secret|password")


def media_type(headers: Headers) -> str:
    """Of the header Content-Type, without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a body of that type is JSON."""
    return media == "application/json" or media.endswith("+json")


def read(media: str, body: bytes) -> Any:
    """JSON and forms as values, an empty body as {}, any other as `{base64, contentType}`.

    Raises Problem 400.
    """
    if not body:
        return {}
    if is_json(media):
        return read_json(body)
    if media == "application/x-www-form-urlencoded":
        return _form(body)
    return {
        "base64": b64encode(body).decode(),
        "contentType": media or "application/octet-stream",
    }


def read_json(body: bytes) -> Any:
    """Raises Problem 400."""
    try:
        return strict_json.loads(body)
    except strict_json.NotJsonError as error:
        detail = f"the body is not JSON as this API takes it: {error}"
        raise Problem(400, "NotJson", detail) from error


def _form(body: bytes) -> dict[str, Any]:
    try:
        fields = parse_qs(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        detail = f"the body is not a form in UTF-8 of at most {_MOST_FIELDS} fields"
        raise Problem(400, "NotAForm", detail) from error
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def told_headers(headers: Headers, secret: Collection[str]) -> dict[str, str]:
    """What a run may know of the headers: not `secret`, nothing that sounds like it, bounded."""
    told: dict[str, str] = {}
    room = _ALL_HEADERS_CHARACTERS
    for name in dict.fromkeys(headers.keys()):
        value = ", ".join(headers.getlist(name))
        if name in secret or _SECRET.search(name) or len(value) > _HEADER_CHARACTERS:
            continue
        room -= len(name) + len(value)
        if room < 0 or len(told) == _MOST_HEADERS:
            break
        told[name] = value
    return told
