"""Work on a run from its first check to its last event."""

import asyncio

from pydantic import JsonValue

from sluice_core import inputs, plain, wire
from sluice_runner.engine import plan, resume
from sluice_runner.engine.job import Job, Tools
from sluice_runner.engine.traversal import StepEnded, Traversal, Walk

OUTPUT_BYTES = 64 * plain.KIB
MESSAGE_BYTES = 4 * plain.KIB


async def execute(job: Job, tools: Tools) -> None:
    """Emit all that happens, a Finished last; when cancelled, raise CancelledError after it."""
    try:
        end = await _end_of(job, tools)
    except asyncio.CancelledError:
        tools.emit(wire.Finished(phase="Cancelled", reason="Cancelled", message="cancelled"))
        raise
    tools.emit(end)


async def _end_of(job: Job, tools: Tools) -> wire.Finished:
    wrong = _input_problems(job)
    if wrong is not None:
        return wrong
    try:
        made = plan.make(job.definition, tools.actions)
        known = resume.known(job, made)
    except plan.Unfit as error:
        return _failed("InvalidDefinition", str(error))
    except resume.Lost as error:
        return _failed("OutputLost", str(error))
    seconds = _seconds_left(job, tools)
    if seconds <= 0:
        return _failed("Timeout", "the run's deadline has passed")
    walk = Walk(job=job, plan=made, ends_at=tools.monotonic() + seconds, known=known)
    traversal = Traversal(walk, tools)
    try:
        async with asyncio.timeout(seconds):
            return _succeeded(await traversal.run())
    except TimeoutError:
        return _failed("Timeout", _timeout_message(job, seconds, traversal.cut_off))
    except StepEnded as ended:
        reason = ended.error.reason if ended.error.reason == "TooLarge" else "StepFailed"
        return _failed(reason, f"step {ended.name}: {ended.error.message}")


def _input_problems(job: Job) -> wire.Finished | None:
    try:
        findings = inputs.check(job.definition.inputs, job.inputs)
        plain.encode(dict(job.trigger))
    except inputs.InvalidSchema as error:
        return _failed("InvalidDefinition", f"inputs: {error}")
    except plain.NotPlain as error:
        return _failed("InvalidInputs", f"trigger: {error}")
    if not findings:
        return None
    return _failed("InvalidInputs", "; ".join(str(finding) for finding in findings))


def _seconds_left(job: Job, tools: Tools) -> float:
    limit = float(job.definition.settings.timeout_seconds)
    if job.deadline is None:
        return limit
    return max(0.0, min(limit, job.deadline / 1000 - tools.now().timestamp()))


def _timeout_message(job: Job, seconds: float, at_work: list[str]) -> str:
    limit = job.definition.settings.timeout_seconds
    said = f"the run took longer than settings.timeoutSeconds, {limit} s"
    if seconds < limit:
        said = "the run's deadline has passed"
    return f"{said}; at work: {', '.join(sorted(at_work))}"


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
