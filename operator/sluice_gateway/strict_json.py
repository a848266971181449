"""Read JSON of strangers: UTF-8, finite numbers, no key twice, bounded depth."""

import json
from typing import Any

import orjson

MAX_DEPTH = 64


class NotJsonError(ValueError):
    """The text is not the JSON that we take; the message says where or why."""


class _TwiceError(Exception):
    pass


def loads(text: bytes) -> Any:
    """The value of `text`; raises NotJsonError.

    orjson refuses what is not RFC 8259, lone surrogates and numbers beyond a double among it, but
    lets the last of equal keys win. Two readers that disagree on which one counts is how checks
    are bypassed, so the standard library looks at the keys once more.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotJsonError(str(error)) from error
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and not _is_shallow(value):
        raise NotJsonError(f"it is nested deeper than {MAX_DEPTH} levels")
    try:
        json.loads(text.decode(), object_pairs_hook=_refuse_twice)
    except _TwiceError as error:
        raise NotJsonError(f"the key {error} is there twice") from error
    return value


def _refuse_twice(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _TwiceError(repr(key))
        seen.add(key)


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
