"""What a step's templates and dotted paths can see."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from sluice_core import graph
from sluice_core.graph import Graph
from sluice_runner.engine.job import Job, Tools
from sluice_runner.engine.outcome import Outcome

Scope = Mapping[str, Any]


class Ended(Mapping[str, JsonValue]):
    """The steps before one step, by name; a hyphen is also reached as an underscore."""

    def __init__(self, step: str, order: Graph, outcomes: Mapping[str, Outcome]) -> None:
        self._above = order.ancestors(step)
        self._order = order
        self._outcomes = outcomes

    def __getitem__(self, key: str) -> JsonValue:
        name = self._order.named(key)
        if name not in self._above:
            raise KeyError(key)
        return self._outcomes[name].as_json()

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._order.named(key) in self._above

    def __iter__(self) -> Iterator[str]:
        return iter({graph.alias(name) for name in self._above} | self._above)

    def __len__(self) -> int:
        return len(list(iter(self)))


def of_run(job: Job, tools: Tools, entity: str | None) -> dict[str, Any]:
    """What all steps of a run see alike."""
    scope: dict[str, Any] = {
        "inputs": dict(job.inputs),
        "trigger": {"payload": dict(job.inputs), **job.trigger},
        "env": dict(tools.env),
        "run": {"uid": job.uid, "name": job.name, "attempt": job.attempt},
        "workflow": {
            "name": job.workflow,
            "namespace": job.namespace,
            "revision": job.revision,
        },
    }
    if entity is not None:
        scope["entity"] = {"id": entity, "type": job.definition.entity_type}
    return scope


def of_step(
    step: str, order: Graph, outcomes: Mapping[str, Outcome], shared: Scope, tools: Tools
) -> dict[str, Any]:
    """What one step sees: the run's part, the steps before it, and its own input as `data`."""
    return {
        **shared,
        "steps": Ended(step, order, outcomes),
        "data": input_of(step, order, outcomes, shared),
        "now": tools.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def ai_of(step: str, order: Graph, outcomes: Mapping[str, Outcome]) -> JsonValue:
    """The output on the input port for models: of several, that of the first that ran."""
    sources = (outcomes[source] for source in order.through(step, graph.AI))
    return next((outcome.output for outcome in sources if outcome.port is not None), None)


def input_of(step: str, order: Graph, outcomes: Mapping[str, Outcome], shared: Scope) -> JsonValue:
    """The output that a step needs, or several by step name, or what set the run off."""
    sources = order.through(step, graph.INPUT)
    if not sources:
        payload: JsonValue = shared["trigger"]["payload"]
        return payload
    if len(sources) == 1:
        return outcomes[sources[0]].output
    named = {source: outcomes[source].output for source in sources}
    return {graph.alias(source): output for source, output in named.items()} | named
