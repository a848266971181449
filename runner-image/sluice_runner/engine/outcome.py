"""How a step ended, as the rest of the graph sees it."""

from dataclasses import dataclass

from pydantic import JsonValue

from sluice_core.catalog import OUTPUT
from sluice_core.wire import StepError, StepPhase


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`port` None means that nothing leaves the step: it was skipped, or ended the run.

    `lost`: there was an output, and it was too large to be kept for a further attempt.
    """

    phase: StepPhase
    port: str | None = None
    output: JsonValue = None
    error: StepError | None = None
    lost: bool = False

    def as_json(self) -> dict[str, JsonValue]:
        """What templates see as `steps.<name>`."""
        error = self.error.model_dump(by_alias=True, exclude_none=True) if self.error else None
        return {"phase": self.phase, "port": self.port, "output": self.output, "error": error}


SKIPPED = Outcome(phase="Skipped")
OFFERED = Outcome(phase="Skipped", port=OUTPUT)  # a tool, which the graph itself does not run
