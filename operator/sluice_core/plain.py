"""Tell data that JSON can carry from everything else, and weigh it."""

import math

import orjson
from pydantic import JsonValue

KIB = 1024
MIB = 1024 * KIB

_STRICT = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


class NotPlain(ValueError):  # noqa: N818 - named as it is said
    """The value has no JSON form."""


def encode(value: JsonValue) -> bytes:
    """JSON; NotPlain for NaN, infinities, cycles, numbers beyond 64 bits, broken text, objects."""
    try:
        raw = orjson.dumps(value, option=_STRICT)
    except (TypeError, RecursionError) as error:
        raise NotPlain(f"not expressible in JSON: {error}") from error
    if b"null" in raw and not _finite(value):  # orjson writes NaN as null, and says nothing
        raise NotPlain("not expressible in JSON: NaN or an infinite number")
    return raw


def _finite(value: JsonValue) -> bool:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, float):
            if not math.isfinite(current):
                return False
        elif isinstance(current, dict):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
    return True


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8; a text that was longer ends with an ellipsis."""
    raw = text.encode(errors="replace")
    if len(raw) <= limit:
        return text
    return raw[: limit - 3].decode(errors="ignore") + "…"
