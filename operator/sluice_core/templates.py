"""Read a template without rendering it: what is wrong with it, and what it refers to."""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError, nodes
from pydantic import JsonValue

from sluice_core import template_grammar, template_rules
from sluice_core.template_rules import is_template

__all__ = [
    "InvalidTemplate",
    "Problem",
    "check",
    "is_template",
    "parse",
    "places",
    "references",
    "within",
]

# Autoescape is HTML's; nothing is ever compiled or rendered with this environment.
_PARSER = Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701


@dataclass(frozen=True)
class Problem:
    """Why a template is refused; `line` counts from 1 inside the template."""

    message: str
    line: int
    kind: template_grammar.Kind = "Syntax"


class InvalidTemplate(ValueError):  # noqa: N818 - named as it is said
    """A template that does not parse, or says what templates may not say."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


def check(source: str) -> list[Problem]:
    """Everything that is wrong with a template, in the order of its lines; empty if nothing is."""
    try:
        parse(source)
    except InvalidTemplate as error:
        return error.problems
    return []


def parse(source: str) -> nodes.Template:
    """The syntax tree of an allowed template; InvalidTemplate otherwise."""
    tree = _parsed(source)
    problems = [Problem(*violation) for violation in template_grammar.violations(tree)]
    if problems:
        raise InvalidTemplate(sorted(problems, key=lambda problem: problem.line))
    return tree


def references(source: str) -> frozenset[str]:
    """Dotted paths that a template reads from its context, such as `steps.orders.output.rows`.

    A path ends where the template computes the next key. Names that the template sets itself
    are left out. InvalidTemplate where the template does not parse.
    """
    tree = parse(source)
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    own |= template_rules.FUNCTIONS
    if next(tree.find_all(nodes.For), None):
        own.add("loop")
    return frozenset(".".join(path) for path in _paths(tree) if path[0] not in own)


def places(value: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """The path and the source of each template in a value."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from places(below, f"{path}.{key}")
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from places(below, f"{path}[{position}]")
    elif isinstance(value, str) and is_template(value):
        yield path, value


def within(value: JsonValue) -> bool:
    """Whether there is a template in a value."""
    return next(places(value), None) is not None


def _parsed(source: str) -> nodes.Template:
    if len(source.encode(errors="surrogatepass")) > template_rules.SOURCE_LIMIT:
        message = f"template longer than {template_rules.SOURCE_LIMIT} bytes"
        raise InvalidTemplate([Problem(message, 1, "SourceTooLong")])
    try:
        return _PARSER.parse(source)
    except TemplateSyntaxError as error:
        raise InvalidTemplate([Problem(error.message or "", error.lineno)]) from error
    except RecursionError:
        raise InvalidTemplate([Problem(template_grammar.TOO_DEEP, 1, "TooDeep")]) from None
    except ValueError as error:  # int() refuses thousands of digits
        raise InvalidTemplate([Problem("a number of thousands of digits", 1)]) from error


def _paths(tree: nodes.Node) -> Iterator[tuple[str, ...]]:
    """The longest paths below a node: of `a.b.c` not `a.b` as well."""
    pending = [tree]
    while pending:
        node = pending.pop()
        keys: list[str] = []
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            key = _constant_key(node)
            if key is None:
                keys.clear()
                pending.append(node.arg)  # type: ignore[union-attr]
            else:
                keys.append(key)
            node = node.node
        if isinstance(node, nodes.Name) and node.ctx == "load":
            yield (node.name, *reversed(keys))
        pending.extend(_inner(node))


def _constant_key(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        return node.arg.value
    return None


def _inner(node: nodes.Node) -> Iterator[nodes.Node]:
    """Its child nodes; of a method's call, what the method is called on, without its name."""
    for child in node.iter_child_nodes():
        is_method = isinstance(node, nodes.Call) and child is node.node
        yield child.node if is_method and isinstance(child, nodes.Getattr) else child
