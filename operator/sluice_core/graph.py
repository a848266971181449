"""needs and ports -> order: which step waits for which; refuses cycles and unknown names."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Protocol

from sluice_core import cycles
from sluice_core.finding import Finding, did_you_mean

INPUT = "input"
AI = "ai"  # the input port for settings of a model
TOOLS = "tools"  # the input port for steps that the action calls itself
ERROR = "error"  # the output port of a failed step whose onFailure is Continue

_NEED = re.compile(
    r"(?P<step>[A-Za-z_][A-Za-z0-9_-]*)(\.(?P<port>[A-Za-z0-9_-]+))?(:(?P<input>[A-Za-z0-9_-]+))?"
)


class Linked(Protocol):
    """What the graph wants to know of a step."""

    @property
    def name(self) -> str:
        """Unique in the graph."""

    @property
    def needs(self) -> tuple[str, ...] | None:
        """`<step>[.<output port>][:<input port>]`; None: the step before."""


@dataclass(frozen=True)
class Need:
    """One edge, seen from the step that waits. `port` None: whichever port the other leaves by."""

    step: str
    port: str | None = None
    input: str = INPUT


@dataclass(frozen=True)
class Graph:
    """Steps in the author's order, with the edges in both directions and the order of work."""

    needs: Mapping[str, tuple[Need, ...]]
    dependents: Mapping[str, tuple[str, ...]]
    layers: tuple[tuple[str, ...], ...]

    def sources(self, step: str) -> tuple[str, ...]:
        """The steps that a step waits for, each once, in the order of its needs."""
        return tuple(dict.fromkeys(need.step for need in self.needs[step]))

    def ports(self, step: str, source: str) -> frozenset[str] | None:
        """The ports of `source` that let `step` run; None: any."""
        wanted = {need.port for need in self.needs[step] if need.step == source}
        return None if None in wanted else frozenset(port for port in wanted if port)

    def through(self, step: str, port: str) -> tuple[str, ...]:
        """The steps that are needed by one input port, each once, in the order of its needs."""
        found = (need.step for need in self.needs[step] if need.input == port)
        return tuple(dict.fromkeys(found))

    def deciding(self, step: str) -> tuple[str, ...]:
        """The sources on whose ports it depends whether a step runs; a tool is never left."""
        return tuple(source for source in self.sources(step) if source not in self.tools)

    def ancestors(self, step: str) -> frozenset[str]:
        """All steps that have ended when this one begins."""
        return self._ancestors[step]

    def named(self, name: str) -> str | None:
        """The step of this name; a hyphen is also written as an underscore."""
        return self._names.get(alias(name))

    @cached_property
    def tools(self) -> frozenset[str]:
        """Steps that run when another step calls them, and not by themselves."""
        edges = chain.from_iterable(self.needs.values())
        return frozenset(edge.step for edge in edges if edge.input == TOOLS)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {alias(name): name for name in self.needs}

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for name in chain.from_iterable(self.layers):
            above = self.sources(name)
            found[name] = frozenset(above).union(*(found[source] for source in above))
        return found


class InvalidGraph(ValueError):  # noqa: N818 - named as it is said
    """The steps make no graph; `findings` holds every reason."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


def alias(name: str) -> str:
    """How templates reach a name with hyphens."""
    return name.replace("-", "_")


def parse_need(text: str) -> Need | None:
    """Read `<step>[.<output port>][:<input port>]`; None where it is not of that form."""
    match = _NEED.fullmatch(text)
    if match is None:
        return None
    return Need(match["step"], match["port"], match["input"] or INPUT)


def build(steps: Sequence[Linked]) -> Graph:
    """The graph of valid steps; InvalidGraph otherwise."""
    graph, findings = read(steps)
    if graph is None:
        raise InvalidGraph(findings)
    return graph


def read(steps: Sequence[Linked]) -> tuple[Graph | None, list[Finding]]:
    """The graph, and no findings; or no graph, and everything that is wrong with the needs."""
    findings = list(_name_findings(steps))
    needs: dict[str, tuple[Need, ...]] = {}
    known = {alias(step.name): step.name for step in reversed(steps)}
    for index, step in enumerate(steps):
        before = steps[index - 1].name if index else None
        found = list(_needs_of(index, step, before, known))
        findings.extend(item for item in found if isinstance(item, Finding))
        needs.setdefault(step.name, tuple(item for item in found if isinstance(item, Need)))
    findings.extend(_tool_findings(steps, needs))
    dependents = _dependents(needs)
    layers = _layers(needs, dependents)
    if sum(map(len, layers)) < len(needs):
        findings.extend(_cycle_findings(steps, needs, set().union(*layers)))
    if findings:
        return None, findings
    return Graph(needs, dependents, layers), []


def _name_findings(steps: Sequence[Linked]) -> Iterator[Finding]:
    names = Counter(step.name for step in steps)
    first: dict[str, str] = {}
    for index, step in enumerate(steps):
        path = f"steps[{index}].name"
        twin = first.setdefault(alias(step.name), step.name)
        if twin != step.name:
            message = f"'{step.name}' and '{twin}' are the same name in templates"
            yield Finding(type="Collision", step=step.name, path=path, message=message)
        elif names[step.name] > 1 and any(other.name == twin for other in steps[:index]):
            message = f"two steps are named '{step.name}'"
            yield Finding(type="DuplicateStep", step=step.name, path=path, message=message)


def _needs_of(
    index: int, step: Linked, before: str | None, known: Mapping[str, str]
) -> Iterator[Need | Finding]:
    if step.needs is None:
        if before is not None:
            yield Need(before)
        return
    for position, text in enumerate(step.needs):
        path = f"steps[{index}].needs[{position}]"
        need = parse_need(text)
        if need is None:
            message = f"'{text}' is not of the form <step>[.<output port>][:<input port>]"
            yield Finding(type="UnknownStep", step=step.name, path=path, message=message)
        elif (name := known.get(alias(need.step))) is None:
            yield Finding(
                type="UnknownStep",
                step=step.name,
                path=path,
                message=f"no step is named '{need.step}'",
                hint=did_you_mean(need.step, known.values()),
            )
        else:
            yield Need(name, need.port, need.input)


def _tool_findings(
    steps: Sequence[Linked], needs: Mapping[str, Sequence[Need]]
) -> Iterator[Finding]:
    otherwise = {
        edge.step: name for name, edges in needs.items() for edge in edges if edge.input != TOOLS
    }
    for index, step in enumerate(steps):
        for position, need in enumerate(needs[step.name]):
            if need.input != TOOLS or (need.port is None and need.step not in otherwise):
                continue
            message, hint = f"a tool is called and not left, write {need.step}:{TOOLS}", ""
            if need.port is None:
                other = otherwise[need.step]
                message = f"step {need.step} is a tool here, and step {other} waits for it"
                hint = f"give {other} other needs"
            path = f"steps[{index}].needs[{position}]"
            yield Finding(type="InvalidTool", step=step.name, path=path, message=message, hint=hint)


def _dependents(needs: Mapping[str, Iterable[Need]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {name: {} for name in needs}
    for name, edges in needs.items():
        for edge in edges:
            found[edge.step][name] = None
    return {name: tuple(below) for name, below in found.items()}


def _layers(
    needs: Mapping[str, Iterable[Need]], dependents: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """Kahn's algorithm: each layer needs only earlier ones. Steps on or behind a cycle are left."""
    waiting = {name: len({edge.step for edge in edges}) for name, edges in needs.items()}
    layers = []
    layer = tuple(name for name, count in waiting.items() if not count)
    while layer:
        layers.append(layer)
        following = []
        for name in layer:
            for below in dependents[name]:
                waiting[below] -= 1
                if not waiting[below]:
                    following.append(below)
        layer = tuple(following)
    return tuple(layers)


def _cycle_findings(
    steps: Sequence[Linked], needs: Mapping[str, Iterable[Need]], ordered: set[str]
) -> Iterator[Finding]:
    left = {
        name: [edge.step for edge in edges if edge.step not in ordered]
        for name, edges in needs.items()
        if name not in ordered
    }
    index = {step.name: position for position, step in reversed(list(enumerate(steps)))}
    for cycle in cycles.find(left):
        yield Finding(
            type="Cycle",
            step=cycle[0],
            path=f"steps[{index[cycle[0]]}].needs",
            message="steps wait for each other: " + " → ".join([*cycle, cycle[0]]),
            hint="remove one of these needs",
        )
