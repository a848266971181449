"""A definition made ready to be walked: its graph, its actions, and who reads what."""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice_core import graph
from sluice_core.api.steps import Step
from sluice_core.definition import Definition
from sluice_core.finding import did_you_mean
from sluice_core.graph import Graph, InvalidGraph
from sluice_runner.actions import own
from sluice_runner.actions.action import Action
from sluice_runner.engine import reads
from sluice_runner.engine.reads import Uses


class Unfit(ValueError):  # noqa: N818 - what the definition is
    """The definition cannot be carried out here; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that depends on the definition alone."""

    definition: Definition
    graph: Graph
    steps: Mapping[str, Step]
    actions: Mapping[str, Action]
    uses: Uses


def make(definition: Definition, actions: Mapping[str, Action]) -> Plan:
    """The plan; Unfit where the steps make no graph or name actions that are not here."""
    if not definition.steps:
        raise Unfit("the workflow has no steps")
    try:
        order = definition.graph
    except InvalidGraph as error:
        raise Unfit(str(error)) from error
    known = {**own.actions(definition.actions), **actions}
    chosen = {step.name: _action(step, order, known) for step in definition.steps}
    steps = {step.name: _whole(step, chosen[step.name]) for step in definition.steps}
    return Plan(
        definition=definition,
        graph=order,
        steps=steps,
        actions=chosen,
        uses=reads.uses(steps.values(), order),
    )


def _whole(step: Step, action: Action) -> Step:
    """With what its action does where its author says nothing."""
    if step.with_ or not action.type.default:
        return step
    return step.model_copy(update={"with_": dict(action.type.default)})


def _action(step: Step, order: Graph, actions: Mapping[str, Action]) -> Action:
    action = actions.get(step.action)
    if action is None:
        hint = did_you_mean(step.action, actions.keys())
        raise Unfit(f"step {step.name}: no action is named '{step.action}'; {hint}")
    for need in order.needs[step.name]:
        if need.input not in (graph.INPUT, *action.type.accepts):
            raise Unfit(f"step {step.name}: {step.action} has no input port '{need.input}'")
    return action
