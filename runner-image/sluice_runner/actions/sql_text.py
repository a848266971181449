"""Find `:name` in a statement, where it is not inside a literal, a name or a comment. Pure."""

import re
from collections.abc import Callable, Iterable

from sluice_runner.actions.action import StepFailed

NAME = r"(?<![\w:]):(?P<name>[A-Za-z_]\w*)"
COMMENT = r"/\*.*?(?:\*/|\Z)"
POSTGRESQL = re.compile(
    r"|".join(
        (
            r"\b[eE]'(?:[^'\\]|\\.|'')*'",
            r"'(?:[^']|'')*'",
            r'"(?:[^"]|"")*"',
            r"(?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$",
            r"--[^\n]*",
            COMMENT,
            r"::",
            NAME,
        )
    ),
    re.DOTALL | re.ASCII,
)
MYSQL = re.compile(
    r"|".join(
        (
            r"'(?:[^'\\]|\\.|'')*'",
            r'"(?:[^"\\]|\\.|"")*"',
            r"`(?:[^`]|``)*`",
            r"(?:#|--(?=\s|\Z))[^\n]*",
            COMMENT,
            r":=",
            NAME,
        )
    ),
    re.DOTALL | re.ASCII,
)


def names(query: str, grammar: re.Pattern[str]) -> tuple[str, ...]:
    """The parameters that a statement names, each once, in their order."""
    found = (match["name"] for match in grammar.finditer(query) if match["name"])
    return tuple(dict.fromkeys(found))


def filled(query: str, grammar: re.Pattern[str], write: Callable[[str], str]) -> str:
    """The statement with `write(name)` in place of each parameter."""
    return grammar.sub(lambda match: write(match["name"]) if match["name"] else match[0], query)


def check(named: Iterable[str], given: Iterable[str]) -> None:
    """Raise StepFailed unless the statement names what it is given, and nothing else."""
    named, given = set(named), set(given)
    if lacking := sorted(named - given):
        message = f"with.parameters: lacks {', '.join(lacking)}, which the query names"
        raise StepFailed("Permanent", "InvalidConfig", message)
    if extra := sorted(given - named):
        message = f"with.parameters: the query does not name {', '.join(extra)}"
        raise StepFailed("Permanent", "InvalidConfig", message)
