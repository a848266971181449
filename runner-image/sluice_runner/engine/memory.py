"""Outputs of ended steps, kept while something needs them and bounded together."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from sluice_core import plain, wire
from sluice_core.graph import Graph
from sluice_runner.engine.outcome import Outcome
from sluice_runner.engine.reads import Uses

RUN_BYTES = 64 * plain.MIB


class TooLarge(Exception):  # noqa: N818 - what the data is
    """The outputs that are still needed take more than a run may hold."""

    def as_step_error(self) -> wire.StepError:
        """The run's failure."""
        limit = RUN_BYTES // plain.MIB
        message = f"the outputs that later steps need are over {limit} MiB together"
        return wire.StepError(reason="TooLarge", message=message)


class Memory:
    """An output goes when all that read it, and all that come after it, have ended."""

    def __init__(self, uses: Uses, graph: Graph) -> None:
        self._uses = uses
        self._graph = graph
        self._outcomes: dict[str, Outcome] = {}
        self._sizes: dict[str, int] = {}
        self._left = {
            name: len(readers | set(graph.dependents[name]))
            for name, readers in uses.readers.items()
        }
        self.held = 0

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """How the steps ended so far."""
        return self._outcomes

    def keep(self, step: str, outcome: Outcome, size: int) -> None:
        """Take in how a step ended, and let go of what it was the last to need."""
        self._outcomes[step] = outcome
        self._sizes[step] = size
        self.held += size
        for source in self._uses.read_by[step] | set(self._graph.sources(step)):
            self._left[source] -= 1
            if not self._left[source]:
                self._release(source)
        if self.held > RUN_BYTES:
            raise TooLarge

    def result(self, last: list[str]) -> JsonValue:
        """The output of the last step, or of several by name."""
        if len(last) == 1:
            return self._outcomes[last[0]].output
        return {step: self._outcomes[step].output for step in last} if last else None

    def _release(self, step: str) -> None:
        below = self._graph.dependents[step]
        if any(self._outcomes[other].port is not None for other in below):
            self.held -= self._sizes.pop(step)
            self._outcomes[step] = replace(self._outcomes[step], output=None)
