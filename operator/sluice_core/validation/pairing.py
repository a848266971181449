"""Steps that make sense only with another one after them: a summary, and who delivers it."""

from collections.abc import Iterator, Mapping

from sluice_core.api.steps import Step
from sluice_core.catalog import ActionType
from sluice_core.catalog.action import Role
from sluice_core.finding import Finding
from sluice_core.graph import Graph

SHOWN = 3


def findings(
    index: int,
    step: Step,
    order: Graph,
    steps: Mapping[str, Step],
    catalog: Mapping[str, ActionType],
) -> Iterator[Finding]:
    """A step whose action wants a partner, and none of the steps that follow it is one."""
    action = catalog.get(step.action)
    if action is None or action.paired_with is None or not step.enabled:
        return
    role = action.paired_with
    if any(_has(role, steps[name], catalog) for name in _below(step.name, order)):
        return
    named = sorted(name for name, row in catalog.items() if row.role == role and not row.fault)
    yield Finding(
        type="Unpaired",
        step=step.name,
        path=f"steps[{index}].action",
        message=f"{step.action} must be paired with a step after it that {role}",
        hint=f"let one need {step.name} whose action {role}, such as {', '.join(named[:SHOWN])}",
    )


def _has(role: Role, step: Step, catalog: Mapping[str, ActionType]) -> bool:
    action = catalog.get(step.action)
    return step.enabled and action is not None and action.role == role


def _below(name: str, order: Graph) -> set[str]:
    """All steps that come after one, at whatever distance."""
    found: set[str] = set()
    pending = [name]
    while pending:
        following = [one for one in order.dependents[pending.pop()] if one not in found]
        found.update(following)
        pending.extend(following)
    return found
