"""workflow.run: run another workflow of the namespace, and wait for its end or not."""

from pydantic import ValidationError

from sluice_core import inputs, lineage, wire
from sluice_core.catalog import CATALOG
from sluice_core.catalog.runs import WorkflowRunParams
from sluice_runner.actions.action import Action, Context, Done, StepFailed


async def run(params: WorkflowRunParams, ctx: Context) -> Done:
    """A child that does not succeed fails the step; trying the step again would not change it."""
    _refuse(params, ctx)
    asked = wire.ChildRun(
        workflow=params.workflow, inputs=params.inputs, wait=params.wait, key=ctx.key
    )
    outcome = _read(await ctx.ask("ChildRun", asked.model_dump(by_alias=True)), params.workflow)
    if outcome.phase in ("Failed", "Cancelled"):
        raise StepFailed("Permanent", f"Child{outcome.phase}", _why(outcome))
    output = outcome.model_dump(by_alias=True, include={"run", "phase", "output", "truncated"})
    return Done(output=output, result={"run": outcome.run})


def _refuse(params: WorkflowRunParams, ctx: Context) -> None:
    *ancestors, own = ctx.chain
    refusal = lineage.refusal(ancestors, own, params.workflow)
    if refusal is not None:
        raise StepFailed("Permanent", "ChildRefused", refusal)
    for finding in inputs.check(None, params.inputs):
        raise StepFailed("Permanent", "InvalidInputs", f"with.{finding}")


def _read(value: object, workflow: str) -> wire.ChildOutcome:
    try:
        return wire.ChildOutcome.model_validate(value)
    except ValidationError as error:
        message = f"the reply about {workflow} is of no known form"
        raise StepFailed("Permanent", "Internal", message) from error


def _why(outcome: wire.ChildOutcome) -> str:
    said = f": {outcome.message}" if outcome.message else ""
    return f"run {outcome.run} {outcome.phase.lower()}{said}"


ACTION = Action(CATALOG["workflow.run"], run)
