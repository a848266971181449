"""Replaces every secret that this process has ever read, in texts, data and events."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import JsonValue
from pydantic_core import to_json

from sluice_core import wire
from sluice_core.credentials import SHORTEST
from sluice_runner.redaction.matcher import Matcher
from sluice_runner.redaction.spelling import spellings

MASK = "••••••"
CUT = "…"  # how a text ends that was cut, perhaps in the middle of a secret
PART = 8  # characters that a line or a part of an address has, to be a secret of its own


class Redactor:
    """Knows secrets for the life of the process: one that was rotated may still be echoed."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self.matcher = Matcher()

    def learn(self, secrets: Iterable[str]) -> None:
        """From now on these are replaced, those of less than four characters excepted."""
        for secret in secrets:
            if secret not in self._known:
                self._known.add(secret)
                for part in _parts(secret):
                    self.matcher.add(spellings(part))

    def text(self, text: str) -> str:
        """The text without secrets."""
        return _redacted(text, self.matcher) if self.matcher else text

    def data(self, data: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """An object without secrets in its keys, its texts and the digits of its numbers."""
        matcher = self._narrowed(data)
        return _of_object(data, matcher) if matcher else data

    def happening(self, what: wire.Happening) -> wire.Happening:
        """An event without secrets in what it tells; names of steps and the like are left."""
        if not self.matcher:
            return what
        fields = _FIELDS.get(type(what), ())
        cut = [name for name in fields if _is_cut(getattr(what, name))]
        matcher = self.matcher if cut else self._narrowed(what)
        if not matcher:
            return what
        return what.model_copy(
            update={name: _told(getattr(what, name), matcher) for name in fields}
        )

    def _narrowed(self, value: object) -> Matcher:
        """With what may be in there; most often nothing, and that is known after one look."""
        if not self.matcher:
            return self.matcher
        try:
            raw = to_json(value, by_alias=True, inf_nan_mode="null")
        except ValueError:  # half a surrogate pair
            return self.matcher
        return self.matcher.narrowed(raw)


_FIELDS: dict[type[wire.Message], tuple[str, ...]] = {
    wire.Log: ("message",),
    wire.StepFinished: ("output", "rendered_output", "result", "error"),
    wire.EntityFinished: ("error",),
    wire.Request: ("body",),
    wire.Finished: ("message", "output"),
    wire.Interrupted: ("reason",),
}


def _told(told: Any, matcher: Matcher) -> object:
    match told:
        case wire.StepError():
            return told.model_copy(update={"message": _redacted(told.message, matcher)})
        case str():
            return _redacted(told, matcher)
        case _:
            return _walked(told, matcher)


def _is_cut(told: object) -> bool:
    text = told.message if isinstance(told, wire.StepError) else told
    return isinstance(text, str) and text.endswith(CUT)


def _redacted(text: str, matcher: Matcher) -> str:
    data = text.encode(errors="surrogatepass")
    end = len(data)
    spans = matcher.spans(data)
    if text.endswith(CUT):
        kept = data[: -len(CUT.encode())]
        if (start := matcher.open_end(kept)) < len(kept):
            spans = [*(one for one in spans if one[1] <= start), (start, len(kept))]
    if not spans:
        return text
    return b"".join(_around(data, spans, end)).decode(errors="surrogatepass")


def _around(data: bytes, spans: list[tuple[int, int]], end: int) -> Iterator[bytes]:
    at = 0
    for start, stop in spans:
        yield data[at:start]
        yield MASK.encode()
        at = stop
    yield data[at:end]


def _walked(value: JsonValue, matcher: Matcher) -> JsonValue:
    match value:
        case str():
            return _redacted(value, matcher)
        case list():
            return [_walked(item, matcher) for item in value]
        case dict():
            return _of_object(value, matcher)
        case bool() | None:
            return value
        case int() | float():
            return MASK if matcher.spans(str(value).encode()) else value
        case _:
            return value


def _of_object(value: dict[str, JsonValue], matcher: Matcher) -> dict[str, JsonValue]:
    return {_redacted(key, matcher): _walked(one, matcher) for key, one in value.items()}


def _parts(secret: str) -> Iterator[str]:
    """The secret, its lines, and what in an address is as secret as the whole."""
    if len(secret) < SHORTEST:
        return
    yield secret
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= PART)
    elif "://" in secret:
        yield from _of_address(secret)


def _of_address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    password = parts.password or ""
    pieces = (parts.path, parts.query) if parts.scheme in ("http", "https") else ()
    yield from (one for one in pieces if len(one) >= PART)
    yield from (one for one in (password, unquote(password)) if len(one) >= SHORTEST)
