"""The words of an expression."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sluice_gateway.forms.scriban.refused import Untranslatable

Kind = Literal["text", "number", "name", "operator", "end"]

_WORD = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
    |(?P<number>\d+(\.\d+)?([eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>\?\.|\?\?|&&|\|\||==|!=|<=|>=|\.\.|//|[-+*/%<>=!|.,:?()\[\]{}])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A word; `glued` says that no space is before it, which tells `a [0]` from `a[0]`."""

    kind: Kind
    text: str
    line: int
    glued: bool


def read(source: str, line: int) -> Iterator[Token]:
    """All words, and an end; raises Untranslatable."""
    at, glued = 0, False
    while at < len(source):
        match = _WORD.match(source, at)
        if match is None:
            raise Untranslatable(line, f"{source[at]!r} is not of this language")
        kind = match.lastgroup
        if kind == "space":
            glued = False
        else:
            yield Token(_kind(kind), match[0], line, glued)
            glued = True
        line += match[0].count("\n")
        at = match.end()
    yield Token("end", "", line, False)


def _kind(group: str | None) -> Kind:
    match group:
        case "text" | "number" | "name":
            return group
        case _:
            return "operator"
