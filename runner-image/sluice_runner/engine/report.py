"""What one step came to: its outcome for the graph, and what people are shown of it."""

from dataclasses import dataclass

from pydantic import JsonValue

from sluice_core import graph, plain, wire
from sluice_core.api.steps import Step
from sluice_runner.actions.action import StepFailed
from sluice_runner.engine import failing, reads
from sluice_runner.engine.attempts import Success
from sluice_runner.engine.outcome import Outcome

OUTPUT_BYTES = 16 * plain.KIB  # of a step's output in an event
RENDERED_BYTES = 4 * plain.KIB
RESULT_BYTES = 4 * plain.KIB


@dataclass(frozen=True, kw_only=True)
class Report:
    """`size` is that of the outcome's output as JSON."""

    outcome: Outcome
    size: int = 0
    attempts: int = 1
    rendered: str | None = None
    result: JsonValue = None

    def event(self, step: str, started: int, duration_ms: float) -> wire.StepFinished:
        """What the operator is told; an output that is too large is left out."""
        outcome = self.outcome
        fits = self.size <= OUTPUT_BYTES
        return wire.StepFinished(
            step=step,
            phase=outcome.phase,
            attempts=self.attempts,
            started=started,
            duration_ms=duration_ms,
            port=outcome.port,
            output=outcome.output if fits else None,
            rendered_output=self.rendered,
            result=self.result,
            error=outcome.error,
            truncated=not fits,
        )


def of_success(step: Step, success: Success, output: JsonValue) -> Report:
    """The step left by the action's port; NaN and the like become a StepFailed."""
    return Report(
        outcome=Outcome(phase="Succeeded", port=success.done.port, output=output),
        size=weight(output),
        attempts=success.attempts,
        rendered=_rendered(step, success.config),
        result=_result(success.done.result),
    )


def of_failure(step: Step, failed: StepFailed, attempts: int = 1) -> Report:
    """Where the graph goes on after a failure, it does so by the port `error`."""
    port = graph.ERROR if step.on_failure == "Continue" else None
    outcome = Outcome(phase="Failed", port=port, error=failing.as_error(failed))
    return Report(outcome=outcome, attempts=attempts)


def weight(output: JsonValue) -> int:
    """Bytes of an output as JSON."""
    try:
        return len(plain.encode(output))
    except plain.NotPlain as error:
        raise failing.permanent("NotJson", f"output: {error}") from error


def _rendered(step: Step, config: JsonValue) -> str | None:
    if not reads.has_templates(step.with_):
        return None
    try:
        return plain.cut(plain.encode(config).decode(), RENDERED_BYTES)
    except plain.NotPlain as error:
        raise failing.permanent("NotJson", f"with: {error}") from error


def _result(result: JsonValue) -> JsonValue:
    return result if result is None or weight(result) <= RESULT_BYTES else None
