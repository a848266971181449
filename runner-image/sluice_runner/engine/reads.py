"""What a step reads, found before it runs: so that templates get no more, and memory is freed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from pydantic import JsonValue

from sluice_core import graph, templates
from sluice_core.api.steps import Step
from sluice_core.graph import Graph

_DATA = "data"
_STEPS = "steps"


def of_templates(value: JsonValue) -> frozenset[str]:
    """The dotted paths in all templates of a value. One that does not parse reads nothing."""
    return frozenset[str]().union(*map(_of_text, texts(value)))


@lru_cache(maxsize=1024)
def _of_text(text: str) -> frozenset[str]:
    """Remembered: a runner sees the few templates of its workflow again and again."""
    try:
        return templates.references(text)
    except templates.InvalidTemplate:
        return frozenset()  # rendering it says what is wrong, and where


def has_templates(value: JsonValue) -> bool:
    """Whether rendering could change the value."""
    return next(texts(value), None) is not None


def texts(value: JsonValue) -> Iterator[str]:
    """The strings in a value that are templates."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            if templates.is_template(current):
                yield current
        elif isinstance(current, dict):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)


@dataclass(frozen=True)
class Uses:
    """Whose outputs each step reads, and who reads each output."""

    read_by: dict[str, frozenset[str]]
    readers: dict[str, frozenset[str]]


def uses(steps: Iterable[Step], order: Graph) -> Uses:
    """Which steps read the output of which, over the whole graph."""
    read_by = {step.name: _sources_read(step, order) for step in steps}
    for name in chain.from_iterable(order.layers):  # a tool reads when its caller is at work
        tools = order.through(name, graph.TOOLS)
        read_by[name] = read_by[name].union(*(read_by[tool] for tool in tools))
    readers: dict[str, set[str]] = {name: set() for name in read_by}
    for name, sources in read_by.items():
        for source in sources:
            readers[source].add(name)
    return Uses(read_by, {name: frozenset(found) for name, found in readers.items()})


def _sources_read(step: Step, order: Graph) -> frozenset[str]:
    paths = [path.split(".") for path in _paths(step)]
    found = set(order.through(step.name, graph.AI))
    if not step.enabled or any(path[0] == _DATA for path in paths):
        found.update(order.through(step.name, graph.INPUT))
    wanted = {graph.alias(path[1]) if len(path) > 1 else "" for path in paths if path[0] == _STEPS}
    if wanted:
        above = order.ancestors(step.name)
        found.update(name for name in above if "" in wanted or graph.alias(name) in wanted)
    return frozenset(found)


def _paths(step: Step) -> Iterator[str]:
    yield from of_templates(step.with_)
    yield from of_templates([step.when, step.for_each.in_ if step.for_each else None])
    yield from step.inputs.values()
    yield from step.passthrough.values()
