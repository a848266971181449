"""Go on from an earlier attempt: which of its steps stand, and which must be done again."""

from collections.abc import Mapping

from sluice_core import graph, wire
from sluice_core.api.steps import Step
from sluice_runner.engine.job import Job
from sluice_runner.engine.outcome import Outcome
from sluice_runner.engine.plan import Plan


class Lost(Exception):  # noqa: N818 - what the output is
    """A step must not be repeated, and its output is needed and gone."""


def known(job: Job, plan: Plan) -> dict[str, Outcome]:
    """Steps that are not repeated, with how they ended.

    One whose output was too large to be kept is repeated if something still needs the output and
    its action is marked repeatable. Lost if it is not.
    """
    stands = {
        step.name: _outcome(step)
        for step in job.finished
        if step.name in plan.steps.keys() - plan.graph.tools
        and _stands(step, plan.steps[step.name])
    }
    # From the end, since a step that is done again needs what it reads.
    for layer in reversed(plan.graph.layers):
        for name in layer:
            if name in stands and stands[name].lost and _is_needed(name, stands, plan):
                _let_go(name, stands, plan)
    return stands


def _stands(finished: wire.FinishedStep, step: Step) -> bool:
    if not step.enabled:
        return False  # what it passes on is made anew, at no cost
    match finished.phase:
        case "Succeeded" | "Skipped":
            return True
        case "Failed":
            return step.on_failure == "Continue"
        case _:
            return False


def _outcome(finished: wire.FinishedStep) -> Outcome:
    return Outcome(
        phase=finished.phase,
        port=finished.port,
        output=finished.output,
        error=finished.error,
        lost=finished.truncated,
    )


def _is_needed(name: str, stands: Mapping[str, Outcome], plan: Plan) -> bool:
    return any(reader not in stands for reader in plan.uses.readers[name])


def _let_go(name: str, stands: dict[str, Outcome], plan: Plan) -> None:
    if not _may_repeat(name, plan):
        raise Lost(
            f"step {name}: its output was too large to be kept, later steps need it, and "
            f"{plan.steps[name].action} must not be repeated"
        )
    del stands[name]


def _may_repeat(name: str, plan: Plan) -> bool:
    """A step that is repeated calls its tools again."""
    tools = plan.graph.through(name, graph.TOOLS)
    return plan.actions[name].type.repeatable and all(_may_repeat(tool, plan) for tool in tools)
