"""sluice graph: the steps of a workflow and what they wait for, as text, Mermaid or SVG."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from html import escape

from sluice_cli import lint
from sluice_cli.documents import Unreadable
from sluice_core import graph, layout, validation
from sluice_core.api.workflow import WorkflowSpec
from sluice_core.graph import Graph, Need

WIDTH, HEIGHT, MARGIN = 160, 48, 24


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of this command."""
    parser = commands.add_parser("graph", help="draw a workflow", description=__doc__)
    parser.add_argument("file", metavar="FILE", help="YAML; - is the standard input")
    parser.add_argument("-o", "--output", choices=sorted(_WRITERS), default="text")
    parser.set_defaults(command=_command)


def text(spec: WorkflowSpec, order: Graph) -> Iterator[str]:
    """A line a step, in the order of work."""
    actions = {step.name: step.action for step in spec.steps}
    for number, layer in enumerate(order.layers, 1):
        for name in layer:
            needs = ", ".join(_word(need) for need in order.needs[name])
            after = f"  after {needs}" if needs else ""
            yield f"{number:>3}  {name}  ({actions[name]}){after}"


def mermaid(spec: WorkflowSpec, order: Graph) -> Iterator[str]:
    """A flowchart as GitHub and others draw it: https://mermaid.js.org/syntax/flowchart.html."""
    ids = {name: f"s{index}" for index, name in enumerate(order.needs)}
    yield "flowchart LR"
    for step in spec.steps:
        yield f'  {ids[step.name]}["{step.name}<br/>{step.action}"]'
    for name, needs in order.needs.items():
        for need in needs:
            label = f"|{said}|" if (said := _label(need)) else ""
            yield f"  {ids[need.step]} -->{label} {ids[name]}"


def svg(spec: WorkflowSpec, order: Graph) -> Iterator[str]:
    """A picture without scripts, fonts or links."""
    places = layout.positions(spec.steps, order)
    right = max(x for x, _ in places.values()) + WIDTH + MARGIN
    bottom = max(y for _, y in places.values()) + HEIGHT + MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-MARGIN} {-MARGIN} '
        f'{right + MARGIN:g} {bottom + MARGIN:g}" font-family="sans-serif" font-size="13">'
    )
    for name, needs in order.needs.items():
        for need in needs:
            yield from _edge(need, places[need.step], places[name])
    for step in spec.steps:
        yield from _box(step.title or step.name, step.action, places[step.name])
    yield "</svg>"


def _edge(need: Need, start: tuple[float, float], end: tuple[float, float]) -> Iterator[str]:
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT / 2, end[0], end[1] + HEIGHT / 2
    bend = max(30.0, abs(x2 - x1) / 2)
    yield (
        f'<path d="M{x1:g} {y1:g} C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}" '
        'fill="none" stroke="#888"/>'
    )
    if label := _label(need):
        yield (
            f'<text x="{(x1 + x2) / 2:g}" y="{(y1 + y2) / 2 - 4:g}" text-anchor="middle" '
            f'fill="#555">{escape(label)}</text>'
        )


def _box(title: str, action: str, at: tuple[float, float]) -> Iterator[str]:
    x, y = at
    yield (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="8" '
        'fill="#eef3fb" stroke="#456"/>'
    )
    middle = x + WIDTH / 2
    yield f'<text x="{middle:g}" y="{y + 20:g}" text-anchor="middle">{escape(title[:24])}</text>'
    yield (
        f'<text x="{middle:g}" y="{y + 38:g}" text-anchor="middle" fill="#667">'
        f"{escape(action)}</text>"
    )


def _label(need: Need) -> str:
    return need.port or (need.input if need.input != graph.INPUT else "")


def _word(need: Need) -> str:
    port = f".{need.port}" if need.port else ""
    return need.step + port + (f":{need.input}" if need.input != graph.INPUT else "")


_WRITERS: Mapping[str, Callable[[WorkflowSpec, Graph], Iterator[str]]] = {
    "text": text,
    "mermaid": mermaid,
    "svg": svg,
}


def _command(options: argparse.Namespace) -> int:
    write = _WRITERS[options.output]
    for document in lint.workflows(options.file):
        workflow, report = validation.read(document.manifest)
        if workflow is None:
            first = report.errors[0]
            raise Unreadable(f"{document.file}:{document.line_of(first.path)}: {first}")
        order, findings = graph.read(workflow.spec.steps)
        if order is None:
            line = document.line_of(findings[0].path)
            raise Unreadable(f"{document.file}:{line}: {findings[0]}")
        if not workflow.spec.steps:
            raise Unreadable(f"{document.file}: there are no steps to draw")
        print("\n".join(write(workflow.spec, order)))
    return 0
