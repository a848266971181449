"""needs and ports -> order: which step waits for which; refuses cycles and unknown names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from sluice_core import edges
from sluice_core.edges import AI, ERROR, INPUT, TOOLS, Linked, Need, alias, parse_need
from sluice_core.finding import Finding

__all__ = [
    "AI",
    "ERROR",
    "INPUT",
    "TOOLS",
    "Graph",
    "InvalidGraph",
    "Linked",
    "Need",
    "alias",
    "build",
    "parse_need",
    "read",
]


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
        needs = chain.from_iterable(self.needs.values())
        return frozenset(need.step for need in needs if need.input == TOOLS)

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


def build(steps: Sequence[Linked]) -> Graph:
    """The graph of valid steps; InvalidGraph otherwise."""
    graph, findings = read(steps)
    if graph is None:
        raise InvalidGraph(findings)
    return graph


def read(steps: Sequence[Linked]) -> tuple[Graph | None, list[Finding]]:
    """The graph, and no findings; or no graph, and everything that is wrong with the needs."""
    findings = list(edges.name_findings(steps))
    needs: dict[str, tuple[Need, ...]] = {}
    known = {alias(step.name): step.name for step in reversed(steps)}
    for index, step in enumerate(steps):
        before = steps[index - 1].name if index else None
        found = list(edges.of_step(index, step, before, known))
        findings.extend(item for item in found if isinstance(item, Finding))
        needs.setdefault(step.name, tuple(item for item in found if isinstance(item, Need)))
    findings.extend(edges.tool_findings(steps, needs))
    dependents = _dependents(needs)
    layers = _layers(needs, dependents)
    if sum(map(len, layers)) < len(needs):
        findings.extend(edges.cycle_findings(steps, needs, set().union(*layers)))
    if findings:
        return None, findings
    return Graph(needs, dependents, layers), []


def _dependents(needs: Mapping[str, Iterable[Need]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {name: {} for name in needs}
    for name, own in needs.items():
        for need in own:
            found[need.step][name] = None
    return {name: tuple(below) for name, below in found.items()}


def _layers(
    needs: Mapping[str, Iterable[Need]], dependents: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """Kahn's algorithm: each layer needs only earlier ones. Steps on or behind a cycle are left."""
    waiting = {name: len({need.step for need in own}) for name, own in needs.items()}
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
