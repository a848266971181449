"""Names that stand alone in a document's templates mean its data: `{{ total }}`, `data.total`."""

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment

from sluice_core import templates

CONTEXT = frozenset(
    {"data", "entity", "env", "inputs", "item", "now", "run", "steps", "trigger", "workflow"}
)
"""What a step's templates see; a name among them is meant as it is."""

# Only takes texts apart: nothing is compiled or rendered.
_LEXER = Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701
_SPACE = ("whitespace", "comment")


def qualified(value: Any, root: str = "data") -> Any:
    """The same value, with every template in it qualified; what does not parse stays as it is.

    Validation tells of that, by its place in the workflow.
    """
    match value:
        case str() if templates.is_template(value):
            try:
                return _qualified(value, root)
            except templates.InvalidTemplate:
                return value
        case dict():
            return {key: qualified(inner, root) for key, inner in value.items()}
        case list():
            return [qualified(inner, root) for inner in value]
        case _:
            return value


def _qualified(source: str, root: str) -> str:
    free = {path.partition(".")[0] for path in templates.references(source)} - CONTEXT
    return "".join(_texts(source, free, root)) if free else source


def _texts(source: str, free: set[str], root: str) -> Iterator[str]:
    tokens = [(kind, text) for _, kind, text in _LEXER.lex(source)]
    before = ""
    for at, (kind, text) in enumerate(tokens):
        alone = kind == "name" and text in free and before not in (".", "|", "is")
        if alone and not _is_keyword_argument(tokens, at):
            yield f"{root}.{text}"
        else:
            yield text
        if kind not in _SPACE and not (before == "is" and text == "not"):
            before = text


def _is_keyword_argument(tokens: list[tuple[str, str]], at: int) -> bool:
    after = (text for kind, text in tokens[at + 1 :] if kind not in _SPACE)
    return next(after, "") == "="
