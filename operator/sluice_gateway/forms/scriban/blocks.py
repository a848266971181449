"""A template as a whole: text, and between double braces its statements."""

import re
from collections.abc import Iterator

from sluice_gateway.forms.scriban.expressions import Reader
from sluice_gateway.forms.scriban.refused import Untranslatable

_CODE = re.compile(r"\{\{(?P<left>[-~]?)(?P<code>.*?)(?P<right>[-~]?)\}\}", re.DOTALL)
_FOR = re.compile(r"for\s+([A-Za-z_]\w*)\s+in\s+(.+)", re.DOTALL)
_SET = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)\s*(.+)", re.DOTALL)
_OTHERS = frozenset({
    "break", "capture", "case", "continue", "func", "import", "include", "readonly", "ret",
    "tablerow", "when", "while", "with", "wrap",
})  # fmt: skip
_ENDS = {"if": "endif", "for": "endfor"}


def translated(source: str, root: str = "data") -> str:
    """The same template in our language; raises Untranslatable, which names the line.

    Names that stand alone are looked for under `root`.
    """
    return "".join(_Template(source, root).parts())


class _Template:
    def __init__(self, source: str, root: str) -> None:
        self._source, self._root = source, root
        self._open: list[tuple[str, int, str]] = []  # word, line, the loop's variable
        self._set: list[str] = []

    def parts(self) -> Iterator[str]:
        at = 0
        for match in _CODE.finditer(self._source):
            yield self._literal(at, match.start())
            line = self._line(match.start("code"))
            for statement, where in _statements(match["code"], line):
                yield self._statement(statement, where, match["left"], match["right"])
            at = match.end()
        yield self._literal(at, len(self._source))
        if self._open:
            word, line, _ = self._open[-1]
            raise Untranslatable(line, f"'{word}' has no 'end'")

    def _line(self, at: int) -> int:
        return self._source.count("\n", 0, at) + 1

    def _literal(self, start: int, end: int) -> str:
        text = self._source[start:end]
        if "{{" in text:
            raise Untranslatable(self._line(start + text.index("{{")), "'{{' has no '}}'")
        return text.replace("{%", "{{ '{%' }}").replace("{#", "{{ '{#' }}")

    def _statement(self, text: str, line: int, left: str, right: str) -> str:
        open_, close = "-" if left else "", "-" if right else ""
        made = self._control(text, line)
        if made is not None:
            return f"{{%{open_} {made} {close}%}}"
        return f"{{{{{open_} {self._expression(text, line)} {close}}}}}"

    def _control(self, text: str, line: int) -> str | None:
        """A tag of ours, or None for an expression."""
        word, _, after = text.partition(" ")
        if word in _OTHERS:
            raise Untranslatable(line, f"'{word}' cannot be said in our templates")
        if loop := _FOR.fullmatch(text):
            return self._loop(loop[1], loop[2], line)
        if assigned := _SET.fullmatch(text):
            return self._assigned(assigned[1], assigned[2], line)
        if word in ("if", "else", "end"):
            return self._branch(word, after.strip(), line)
        return None

    def _branch(self, word: str, after: str, line: int) -> str:
        if word == "end":
            return self._end(line)
        if word == "if":
            self._open.append(("if", line, ""))
            return f"if {self._expression(after, line)}"
        if after.startswith("if "):
            return f"elif {self._expression(after.removeprefix('if '), line)}"
        if after:
            raise Untranslatable(line, f"'{after}' after 'else' is not expected")
        return "else"

    def _loop(self, name: str, over: str, line: int) -> str:
        made = f"for {name} in {self._expression(over, line)}"
        self._open.append(("for", line, name))
        return made

    def _assigned(self, name: str, value: str, line: int) -> str:
        if any(word == "for" for word, *_ in self._open):
            message = f"'{name}' is set inside a loop: in our templates it would end with the round"
            raise Untranslatable(line, message)
        made = f"set {name} = {self._expression(value, line)}"
        self._set.append(name)
        return made

    def _end(self, line: int) -> str:
        if not self._open:
            raise Untranslatable(line, "'end' ends nothing")
        word, *_ = self._open.pop()
        return _ENDS[word]

    def _expression(self, text: str, line: int) -> str:
        own = frozenset({*self._set, *(name for *_, name in self._open)})
        return Reader(text, line, own, self._root).whole()


def _statements(code: str, line: int) -> Iterator[tuple[str, int]]:
    """A block may hold several, one a line."""
    for offset, text in enumerate(code.split("\n")):
        statement = text.strip()
        if statement and not statement.startswith("#"):
            yield statement, line + offset
