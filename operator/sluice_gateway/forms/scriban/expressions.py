"""Expressions: pipes, operators, member access, calls of built-in functions with bare arguments."""

import inspect

from sluice_core.finding import did_you_mean
from sluice_gateway.forms.scriban import tokens
from sluice_gateway.forms.scriban.functions import FUNCTIONS, NAMESPACES
from sluice_gateway.forms.scriban.refused import Untranslatable
from sluice_gateway.forms.scriban.tokens import Token

_CONSTANTS = {"true": "true", "false": "false", "null": "none"}
_LOOP = {"index": "index0", "first": "first", "last": "last", "length": "length"}
_LEVELS: tuple[dict[str, str], ...] = (  # the loosest first
    {"||": "or"},
    {"&&": "and"},
    {"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/", "//": "//", "%": "%"},
)
_BEGINS_ARGUMENT = ("text", "number", "name")


class Reader:
    """One expression, from its words to ours; `root` is where names that stand alone are found."""

    def __init__(self, source: str, line: int, own: frozenset[str], root: str) -> None:
        self._words = list(tokens.read(source, line))
        self._at = 0
        self._own, self._root = own, root

    def whole(self) -> str:
        """The translation of all of it; raises Untranslatable."""
        made = self._pipe()
        if (left := self._word).kind != "end":
            raise Untranslatable(left.line, f"'{left.text}' is not expected there")
        return made

    @property
    def _word(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        word = self._word
        self._at += 1
        return word

    def _accept(self, *texts: str) -> bool:
        if self._word.kind == "operator" and self._word.text in texts:
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise Untranslatable(self._word.line, f"'{text}' is missing")

    def _pipe(self) -> str:
        made = self._choice()
        while self._accept("|"):
            line = self._word.line
            made = self._called(self._function(), (made,), line)
        return made

    def _function(self) -> str:
        word = self._take()
        name = word.text
        while self._accept("."):
            name += "." + self._take().text
        if word.kind != "name" or word.text not in NAMESPACES:
            raise Untranslatable(word.line, f"'{name}' is no built-in function")
        return name

    def _choice(self) -> str:
        made = self._binary(0)
        if self._accept("??"):
            other = self._choice()
            return f"({other} if ({made} | default(none)) is none else {made})"
        if self._accept("?"):
            positive = self._choice()
            self._expect(":")
            return f"({positive} if {made} else {self._choice()})"
        return made

    def _binary(self, level: int) -> str:
        if level == len(_LEVELS):
            return self._unary()
        made = self._binary(level + 1)
        while self._word.kind == "operator" and self._word.text in _LEVELS[level]:
            sign = _LEVELS[level][self._take().text]
            made = f"{made} {sign} {self._binary(level + 1)}"
        return made

    def _unary(self) -> str:
        if self._accept("!"):
            return f"(not {self._unary()})"
        if self._accept("-"):
            return f"-{self._unary()}"
        return self._primary(arguments=True)

    def _primary(self, *, arguments: bool) -> str:
        word = self._word
        if word.kind == "name":
            return self._named(arguments=arguments)
        if word.kind == "number":
            return self._take().text
        if word.kind == "text":
            return self._members(_text(self._take()))
        if self._accept("("):
            made = self._pipe()
            self._expect(")")
            return self._members(f"({made})")
        if self._accept("["):
            return self._list()
        said = f"'{word.text}'" if word.text else "the end of the expression"
        raise Untranslatable(word.line, f"a value is missing before {said}")

    def _list(self) -> str:
        items: list[str] = []
        while not self._accept("]"):
            items.append(self._choice())
            if not self._accept(","):
                self._expect("]")
                break
        return f"[{', '.join(items)}]"

    def _named(self, *, arguments: bool) -> str:
        word = self._word
        if word.text in NAMESPACES:
            name = self._function()
            return self._members(self._called(name, (), word.line, arguments=arguments))
        self._take()
        if word.text in _CONSTANTS:
            return _CONSTANTS[word.text]
        if word.text == "for":
            return self._loop(word)
        return self._members(word.text if word.text in self._own else f"{self._root}.{word.text}")

    def _loop(self, word: Token) -> str:
        self._expect(".")
        field = _LOOP.get(self._take().text)
        if field is None:
            raise Untranslatable(word.line, "of a loop there are " + ", ".join(_LOOP))
        return f"loop.{field}"

    def _called(
        self, name: str, first: tuple[str, ...], line: int, *, arguments: bool = True
    ) -> str:
        make = FUNCTIONS.get(name)
        if make is None:
            hint = did_you_mean(name, FUNCTIONS.keys())
            raise Untranslatable(
                line, f"there is no '{name}' in our templates; {hint}".rstrip("; ")
            )
        given = first + (tuple(self._arguments()) if arguments else ())
        try:
            inspect.signature(make).bind(*given)
        except TypeError:
            raise Untranslatable(line, f"'{name}' takes another number of arguments") from None
        return make(*given)

    def _arguments(self) -> list[str]:
        made: list[str] = []
        while self._word.kind in _BEGINS_ARGUMENT or self._word.text in ("(", "["):
            made.append(self._primary(arguments=False))
        return made

    def _members(self, made: str) -> str:
        while True:
            if self._word.text == "[" and self._word.glued and self._accept("["):
                made = f"{made}[{self._pipe()}]"
                self._expect("]")
            elif self._accept(".", "?."):
                member = self._take()
                if member.kind != "name":
                    raise Untranslatable(member.line, f"'{member.text}' is no member's name")
                made = f"{made}.{member.text}"
            else:
                return made


def _text(word: Token) -> str:
    inner = word.text[1:-1]
    if word.text[0] == "`":
        inner = inner.replace("\\", "\\\\")
    quote = "'" if word.text[0] == "'" else '"'
    return (
        f"{quote}{inner.replace(quote, chr(92) + quote) if word.text[0] == '`' else inner}{quote}"
    )
