"""Work on a run from its first check to its last event."""

import asyncio

from pydantic import JsonValue

from sluice_core import inputs, plain, wire
from sluice_runner.engine import entities, plan, resume
from sluice_runner.engine.job import Job, Tools
from sluice_runner.engine.plan import Plan
from sluice_runner.engine.traversal import StepEnded, Traversal, Walk

OUTPUT_BYTES = 64 * plain.KIB
MESSAGE_BYTES = 4 * plain.KIB


class Refused(Exception):  # noqa: N818 - what happened to the run
    """The run ends before its first step."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


async def execute(job: Job, tools: Tools) -> None:
    """Emit all that happens, a Finished last; when cancelled, raise CancelledError after it."""
    try:
        end = await _end_of(job, tools)
    except asyncio.CancelledError:
        tools.emit(wire.Finished(phase="Cancelled", reason="Cancelled", message="cancelled"))
        raise
    tools.emit(end)


async def _end_of(job: Job, tools: Tools) -> wire.Finished:
    try:
        _judge_inputs(job)
        walk = Walk(
            job=job,
            plan=_plan(job, tools),
            ends_at=tools.monotonic() + _seconds_left(job, tools),
            parallelism=job.definition.settings.max_parallel_steps,
        )
        if job.entities:
            return await _of_entities(walk, tools)
        return await _of_steps(walk, tools)
    except Refused as refused:
        return _failed(refused.reason, str(refused))


async def _of_steps(walk: Walk, tools: Tools) -> wire.Finished:
    traversal = Traversal(_resumed(walk), tools)
    try:
        async with asyncio.timeout(walk.ends_at - tools.monotonic()):
            return _succeeded(await traversal.run())
    except TimeoutError:
        return _failed("Timeout", _timeout_message(walk, traversal.cut_off))
    except StepEnded as ended:
        reason = ended.error.reason if ended.error.reason == "TooLarge" else "StepFailed"
        return _failed(reason, str(ended))


async def _of_entities(walk: Walk, tools: Tools) -> wire.Finished:
    tally = entities.Tally.of(walk.job)
    try:
        async with asyncio.timeout(walk.ends_at - tools.monotonic()):
            await entities.run(walk, tally, tools)
    except TimeoutError:
        return _failed("Timeout", _timeout_message(walk, []))
    if tally.failed:
        failed = _failed("EntitiesFailed", tally.message)
        return failed.model_copy(update={"output": tally.output})
    return _succeeded(tally.output)


def _judge_inputs(job: Job) -> None:
    try:
        findings = inputs.check(job.definition.inputs, job.inputs)
        plain.encode(dict(job.trigger))
    except inputs.InvalidSchema as error:
        raise Refused("InvalidDefinition", f"inputs: {error}") from error
    except plain.NotPlain as error:
        raise Refused("InvalidInputs", f"trigger: {error}") from error
    if findings:
        raise Refused("InvalidInputs", "; ".join(str(finding) for finding in findings))


def _plan(job: Job, tools: Tools) -> Plan:
    try:
        return plan.make(job.definition, tools.actions)
    except plan.Unfit as error:
        raise Refused("InvalidDefinition", str(error)) from error


def _resumed(walk: Walk) -> Walk:
    try:
        return walk.knowing(resume.known(walk.job, walk.plan))
    except resume.Lost as error:
        raise Refused("OutputLost", str(error)) from error


def _seconds_left(job: Job, tools: Tools) -> float:
    seconds = float(job.definition.settings.timeout_seconds)
    if job.deadline is not None:
        seconds = min(seconds, job.deadline / 1000 - tools.now().timestamp())
    if seconds <= 0:
        raise Refused("Timeout", "the run's deadline has passed")
    return seconds


def _timeout_message(walk: Walk, at_work: list[str]) -> str:
    limit = walk.plan.definition.settings.timeout_seconds
    said = f"the run took longer than settings.timeoutSeconds, {limit} s, or its deadline"
    return f"{said}; at work: {', '.join(sorted(at_work))}" if at_work else said


def _succeeded(output: JsonValue) -> wire.Finished:
    fits = len(plain.encode(output)) <= OUTPUT_BYTES
    return wire.Finished(
        phase="Succeeded",
        reason="Succeeded",
        output=output if fits else None,
        truncated=not fits,
    )


def _failed(reason: str, message: str) -> wire.Finished:
    return wire.Finished(phase="Failed", reason=reason, message=plain.cut(message, MESSAGE_BYTES))
