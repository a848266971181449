"""The ports in `needs`: do they exist, and can they be open together."""

from collections.abc import Iterator, Mapping, Sequence

from sluice_core import graph
from sluice_core.api.steps import Step
from sluice_core.catalog import OUTPUT, ActionType
from sluice_core.finding import Finding, did_you_mean
from sluice_core.graph import Graph, Need

Gates = Mapping[str, frozenset[str]]


def findings(
    index: int,
    step: Step,
    order: Graph,
    steps: Mapping[str, Step],
    catalog: Mapping[str, ActionType],
) -> Iterator[Finding]:
    """Ports that the needed step, or this one, does not have."""
    action = catalog.get(step.action)
    for position, need in enumerate(order.needs[step.name]):
        path = f"steps[{index}].needs[{position}]"
        source = steps[need.step]
        if need.port is not None and need.input != graph.TOOLS:
            yield from _output(path, step, need, source, catalog)
        known = (graph.INPUT, *sorted(action.accepts)) if action else (need.input,)
        if need.input not in known:
            message = f"{step.action} has no input port '{need.input}'"
            hint = did_you_mean(need.input, known)
            yield Finding(type="UnknownPort", step=step.name, path=path, message=message, hint=hint)


def _output(
    path: str, step: Step, need: Need, source: Step, catalog: Mapping[str, ActionType]
) -> Iterator[Finding]:
    action = catalog.get(source.action)
    if action is None:
        return
    known = outputs(source, action)
    if need.port in known:
        return
    hint = did_you_mean(need.port or "", known)
    if need.port == graph.ERROR:
        hint = f"give step {source.name} onFailure: Continue to go on after its failure"
    yield Finding(
        type="UnknownPort",
        step=step.name,
        path=path,
        message=f"step {source.name} ({source.action}) has no output port '{need.port}'",
        hint=hint,
    )


def outputs(step: Step, action: ActionType) -> tuple[str, ...]:
    """The ports by which a step can be left."""
    own = (OUTPUT,) if step.for_each else action.ports_of(step.with_)
    return (*own, graph.ERROR) if step.on_failure == "Continue" else own


def contradictions(steps: Sequence[Step], order: Graph) -> Iterator[Finding]:
    """Needs of which one is only open when another is closed."""
    gates: dict[str, Gates] = {}
    index = {step.name: position for position, step in enumerate(steps)}
    for layer in order.layers:
        for name in layer:
            gates[name] = _gates(name, order, gates)
            for source in order.deciding(name):
                for gate in _closed(name, source, order, gates):
                    yield Finding(
                        type="NeverTogether",
                        step=name,
                        path=f"steps[{index[name]}].needs",
                        message=f"when {source} runs, {gate} is left by another port than the "
                        f"one needed here, so {name} is skipped",
                        hint=f"to go on either way, need {gate} without a port",
                    )


def _gates(name: str, order: Graph, gates: Mapping[str, Gates]) -> dict[str, frozenset[str]]:
    """The steps that must have been left by certain ports whenever this one runs."""
    sources = order.deciding(name)
    own = {source: ports for source in sources if (ports := order.ports(name, source))}
    return {**gates[sources[0]], **own} if len(sources) == 1 else own


def _closed(name: str, source: str, order: Graph, gates: Mapping[str, Gates]) -> Iterator[str]:
    for gate, ports in gates[source].items():
        wanted = order.ports(name, gate) if gate in order.deciding(name) else None
        if wanted is not None and not wanted & ports:
            yield gate
