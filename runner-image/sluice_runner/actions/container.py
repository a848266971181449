"""container: have the operator run an image, and take its output, its log and its exit code."""

from pydantic import ValidationError

from sluice_core import wire
from sluice_core.catalog import CATALOG
from sluice_core.catalog.container import ContainerParams
from sluice_runner.actions.action import Action, Context, Done, StepFailed

DEADLINE = "DeadlineExceeded"


async def run(params: ContainerParams, ctx: Context) -> Done:
    """Ask for the Job of this step; a repetition of the step finds the one that there is."""
    asked = wire.ContainerJob(
        image=params.image,
        command=params.command,
        args=params.args,
        env=params.env,
        resources=params.resources.model_dump(exclude_defaults=True),
        timeout_seconds=params.timeout_seconds,
        key=ctx.key,
    )
    outcome = _read(await ctx.ask("Job", asked.model_dump(mode="json", by_alias=True)))
    for line in outcome.log:
        ctx.log("info", line)
    if outcome.exit_code != 0 or outcome.reason == DEADLINE:
        raise _failure(outcome, params)
    return Done(output=outcome.output, result={"job": outcome.job, "exitCode": 0})


def _read(value: object) -> wire.JobOutcome:
    try:
        return wire.JobOutcome.model_validate(value)
    except ValidationError as error:
        message = "the reply about the container is of no known form"
        raise StepFailed("Permanent", "Internal", message) from error


def _failure(outcome: wire.JobOutcome, params: ContainerParams) -> StepFailed:
    said = outcome.message or (outcome.log[-1] if outcome.log else "it wrote no log")
    if outcome.reason == DEADLINE:
        words = f"the container took longer than {params.timeout_seconds} s: {said}"
        return StepFailed("Timeout", "ContainerTimeout", words)
    if outcome.exit_code is None:
        words = f"the container did not come to its end: {outcome.reason}: {said}"
        return StepFailed("Transient", "ContainerLost", words)
    how = f" ({outcome.reason})" if outcome.reason not in ("", "Error") else ""
    words = f"the container ended with exit code {outcome.exit_code}{how}: {said}"
    return StepFailed("Permanent", "ContainerFailed", words)


ACTION = Action(CATALOG["container"], run)
