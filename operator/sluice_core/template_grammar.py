"""Judge a template's syntax tree against the allow-lists: text from data, not a program."""

import difflib
import math
from collections.abc import Callable, Collection, Iterator
from typing import Literal

from jinja2 import nodes

from sluice_core import template_rules as rules

Kind = Literal["Syntax", "Forbidden", "TooDeep", "SourceTooLong"]
Violation = tuple[str, int, Kind]

TOO_DEEP = f"template nested deeper than {rules.DEPTH_LIMIT} levels"

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData,
    nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock, nodes.With, nodes.FilterBlock,
    nodes.Name, nodes.NSRef, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair,
    nodes.Keyword, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call, nodes.Filter, nodes.Test,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg,
    nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow,
    nodes.Concat,
)  # fmt: skip

# Macros and recursive loops are left out so that a template always ends; blocks, imports and
# inclusions because there is no second template.
_TAGS: dict[type[nodes.Node], str] = {
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Include: "include",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
}


def violations(tree: nodes.Template) -> Iterator[Violation]:
    """What the tree says that templates may not: message, line, kind."""
    pending: list[tuple[nodes.Node, int, int]] = [(tree, -2, 0)]  # a tree and an output are free
    seen = 0
    while pending:
        node, depth, loops = pending.pop()
        seen += 1
        if seen > rules.NODE_LIMIT:
            yield f"template of more than {rules.NODE_LIMIT} parts", node.lineno, "SourceTooLong"
            return
        if depth > rules.DEPTH_LIMIT or loops > rules.LOOP_DEPTH_LIMIT:
            yield _depth_message(loops), node.lineno, "TooDeep"
            return
        yield from _violations_of(node)
        loops += isinstance(node, nodes.For)
        pending.extend((child, depth + 1, loops) for child in node.iter_child_nodes())


def _depth_message(loops: int) -> str:
    if loops > rules.LOOP_DEPTH_LIMIT:
        return f"more than {rules.LOOP_DEPTH_LIMIT} loops inside each other"
    return TOO_DEEP


def _violations_of(node: nodes.Node) -> Iterator[Violation]:
    if not isinstance(node, _ALLOWED):
        name = _TAGS.get(type(node), type(node).__name__.lower())
        yield f"'{name}' is not allowed in templates", node.lineno, "Forbidden"
    for kind, judge in _JUDGES.items():
        if isinstance(node, kind):
            yield from judge(node)


def _judge_loop(node: nodes.For) -> Iterator[Violation]:
    if node.recursive:
        yield "recursive loops are not allowed", node.lineno, "Forbidden"


def _judge_name(node: nodes.Name) -> Iterator[Violation]:
    if node.name in rules.RESERVED_NAMES or _is_dunder(node.name):
        yield f"the name '{node.name}' is not allowed", node.lineno, "Forbidden"


def _judge_attribute(node: nodes.Getattr) -> Iterator[Violation]:
    if _is_dunder(node.attr):
        yield f"the name '{node.attr}' is not allowed", node.lineno, "Forbidden"


def _judge_item(node: nodes.Getitem) -> Iterator[Violation]:
    if isinstance(node.arg, nodes.Const) and _is_dunder(node.arg.value):
        yield f"the name '{node.arg.value}' is not allowed", node.lineno, "Forbidden"


def _judge_constant(node: nodes.Const) -> Iterator[Violation]:
    if isinstance(node.value, int) and node.value.bit_length() > rules.NUMBER_BITS:
        yield f"number of more than {rules.NUMBER_BITS} bits", node.lineno, "Syntax"
    if isinstance(node.value, float) and not math.isfinite(node.value):
        yield "number too large", node.lineno, "Syntax"


def _judge_filter(node: nodes.Filter) -> Iterator[Violation]:
    if node.name not in rules.FILTERS:
        yield _unknown("filter", node.name, rules.FILTERS), node.lineno, "Syntax"
    yield from _judge_arguments(node)


def _judge_test(node: nodes.Test) -> Iterator[Violation]:
    if node.name not in rules.TESTS:
        yield _unknown("test", node.name, rules.TESTS), node.lineno, "Syntax"
    yield from _judge_arguments(node)


def _judge_call(node: nodes.Call) -> Iterator[Violation]:
    callee = node.node
    if isinstance(callee, nodes.Name) and callee.name not in rules.FUNCTIONS:
        yield _unknown("function", callee.name, rules.FUNCTIONS), node.lineno, "Forbidden"
    elif isinstance(callee, nodes.Getattr) and callee.attr not in rules.METHODS:
        yield _unknown("method", callee.attr, rules.METHODS), node.lineno, "Forbidden"
    elif not isinstance(callee, nodes.Name | nodes.Getattr):
        yield "only functions and methods can be called", node.lineno, "Forbidden"
    yield from _judge_arguments(node)


def _judge_arguments(node: nodes.Call | nodes.Filter | nodes.Test) -> Iterator[Violation]:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        yield "arguments with * or ** are not allowed", node.lineno, "Forbidden"
    for keyword in node.kwargs:
        if isinstance(keyword, nodes.Keyword) and keyword.key.startswith("_"):
            yield f"the name '{keyword.key}' is not allowed", node.lineno, "Forbidden"


def _is_dunder(name: object) -> bool:
    """Python's own names. A leading underscore alone is a key of somebody's data."""
    return isinstance(name, str) and name.startswith("__") and name.endswith("__")


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    [*near] = difflib.get_close_matches(name, known, n=1)
    return f"no {what} named '{name}'" + (f"; did you mean '{near[0]}'?" if near else "")


_JUDGES: dict[type[nodes.Node], Callable[..., Iterator[Violation]]] = {
    nodes.For: _judge_loop,
    nodes.Name: _judge_name,
    nodes.Getattr: _judge_attribute,
    nodes.Getitem: _judge_item,
    nodes.Const: _judge_constant,
    nodes.Filter: _judge_filter,
    nodes.Test: _judge_test,
    nodes.Call: _judge_call,
}
