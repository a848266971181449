"""Filters and methods on text."""

import base64
import html
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

from sluice_runner.templating import limits, values
from sluice_runner.templating.limits import Refused

_WORD_START = re.compile(r"([-\s({\[<]+)")


def replace(value: object, old: object, new: object, count: int = -1) -> str:
    """Refused before it grows, since the result of one replacement can be the square of both."""
    before, searched, inserted = values.text(value), values.text(old), values.text(new)
    found = before.count(searched)
    if count >= 0:
        found = min(found, count)
    if len(before) + found * (len(inserted) - len(searched)) > limits.TEXT_BYTES:
        raise Refused("OutputTooLarge", f"text longer than {limits.TEXT_BYTES} bytes")
    return before.replace(searched, inserted, found)


def joined(parts: list[object], separator: object = "") -> str:
    """The texts of the parts, Refused before they are put together if they are too long."""
    between = values.text(separator)
    texts: list[str] = []
    length = 0
    for part in parts:
        texts.append(values.text(part))
        length += len(texts[-1]) + len(between)
        if length - len(between) > limits.TEXT_BYTES:
            raise Refused("OutputTooLarge", f"text longer than {limits.TEXT_BYTES} bytes")
    return between.join(texts)


def title(value: object) -> str:
    """Each word with a capital first letter and small others."""
    words = _WORD_START.split(values.text(value))
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def truncate(value: object, length: int = 255, killwords: bool = False, end: str = "...") -> str:
    """At most `length` characters, cut between words unless killwords."""
    whole = values.text(value)
    ending = values.text(end)
    room = values.whole(length, len(ending), limits.TEXT_BYTES) - len(ending)
    if len(whole) <= room + len(ending):
        return whole
    kept = whole[:room]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + ending


def urlencode(value: object) -> str:
    """Text for a path, or an object's fields as a query."""
    if type(value) is dict:
        return "&".join(f"{_query(key)}={_query(item)}" for key, item in value.items())
    return quote(values.text(value))


def _query(value: object) -> str:
    return quote_plus(values.text(value))


def escape(value: object) -> str:
    """Text for HTML: markup becomes characters."""
    return html.escape(values.text(value))


def split(value: object, separator: object = None, limit: int = -1) -> list[object]:
    """Parts between separators; between white space where none is given."""
    between = None if separator is None else values.text(separator)
    return list(values.text(value).split(between, limit))


def b64encode(value: object) -> str:
    """The text's UTF-8 bytes in base64."""
    return base64.b64encode(values.text(value).encode()).decode()


def b64decode(value: object) -> str:
    """The text whose UTF-8 bytes are given in base64."""
    return base64.b64decode(values.text(value), validate=True).decode()


def _plain(method: Callable[[str], str]) -> Callable[[object], str]:
    return lambda value: method(values.text(value))


def _trimmed(method: Callable[[str, str | None], str]) -> Callable[..., str]:
    def trim(value: object, characters: object = None) -> str:
        return method(values.text(value), None if characters is None else values.text(characters))

    return trim


FILTERS: dict[str, Callable[..., object]] = {
    "b64decode": b64decode,
    "b64encode": b64encode,
    "capitalize": _plain(str.capitalize),
    "e": escape,
    "escape": escape,
    "lower": _plain(str.lower),
    "replace": replace,
    "split": split,
    "string": values.text,
    "title": title,
    "trim": _trimmed(str.strip),
    "truncate": truncate,
    "upper": _plain(str.upper),
    "urlencode": urlencode,
    "wordcount": lambda value: len(values.text(value).split()),
}

METHODS: dict[str, Callable[..., object]] = {
    **{name: FILTERS[name] for name in ("capitalize", "lower", "replace", "split", "title")},
    "upper": FILTERS["upper"],
    "strip": FILTERS["trim"],
    "lstrip": _trimmed(str.lstrip),
    "rstrip": _trimmed(str.rstrip),
    "startswith": lambda value, start: values.text(value).startswith(values.text(start)),
    "endswith": lambda value, end: values.text(value).endswith(values.text(end)),
    "join": lambda value, parts: joined(values.items(parts), value),
}
