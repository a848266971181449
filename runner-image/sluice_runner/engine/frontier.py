"""Which step comes next: a pure machine that is told how steps ended and says what may begin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sluice_core.graph import Graph

Verdict = Literal["Run", "Skip"]


@dataclass(frozen=True)
class Decision:
    """What is to be done with a step all of whose needs have ended."""

    step: str
    verdict: Verdict


def verdict(graph: Graph, step: str, ports: Mapping[str, str | None]) -> Verdict:
    """`ports`: by which port each needed step was left; None where nothing left it.

    A needed step that was skipped does not count, unless all were. One that was left by another
    port than the wanted one closes the way. Tools do not count at all.
    """
    sources = graph.deciding(step)
    live = {source: port for source in sources if (port := ports[source]) is not None}
    if sources and not live:
        return "Skip"
    for source, port in live.items():
        wanted = graph.ports(step, source)
        if wanted is not None and port not in wanted:
            return "Skip"
    return "Run"


class Frontier:
    """The same endings in the same order give the same decisions."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._ports: dict[str, str | None] = {}
        self._waiting = {step: len(graph.sources(step)) for step in graph.needs}

    def begin(self) -> list[Decision]:
        """The steps that wait for nothing, in the author's order."""
        return self._decide(step for step, count in self._waiting.items() if not count)

    def settle(self, step: str, port: str | None) -> list[Decision]:
        """A step has ended; what that allows."""
        self._ports[step] = port
        free = []
        for below in self._graph.dependents[step]:
            self._waiting[below] -= 1
            if not self._waiting[below]:
                free.append(below)
        return self._decide(free)

    def last(self) -> list[str]:
        """Ended steps that were left by a port and whose dependents were not; no tools."""
        return [
            step
            for step in self._graph.needs
            if self._ports.get(step) is not None
            and step not in self._graph.tools
            and all(self._ports.get(below) is None for below in self._graph.dependents[step])
        ]

    def _decide(self, steps: Iterable[str]) -> list[Decision]:
        return [Decision(step, verdict(self._graph, step, self._ports)) for step in steps]
