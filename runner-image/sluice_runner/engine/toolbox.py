"""Steps that are other steps' tools: offered when their turn comes, carried out when called."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from sluice_core import graph, plain, schemas, wire
from sluice_core.api.steps import Step
from sluice_runner.actions.action import ANY_OBJECT, StepFailed, Tool
from sluice_runner.engine import failing
from sluice_runner.engine.job import Tools
from sluice_runner.engine.report import Report

CALLS = 100  # of one tool, by one step or one of its items

Work = Callable[[str, str, JsonValue], Awaitable[Report]]


@dataclass
class _Use:
    """How often a tool was called, and what came of it."""

    started: int | None = None
    calls: int = 0
    succeeded: int = 0
    seconds: float = 0.0
    error: wire.StepError | None = None

    @property
    def phase(self) -> wire.StepPhase:
        if self.succeeded:
            return "Succeeded"
        if self.error is not None:
            return "Failed"
        return "Cancelled" if self.calls else "Skipped"

    def event(self, step: str, now: int) -> wire.StepFinished:
        """All calls as one: a step is told once, however often it was called."""
        failed = self.phase == "Failed"
        return wire.StepFinished(
            step=step,
            phase=self.phase,
            started=self.started or now,
            duration_ms=self.seconds * 1000,
            port=graph.ERROR if failed else None,
            result={"calls": self.calls, "failed": self.calls - self.succeeded},
            error=self.error if failed else None,
        )


class Toolbox:
    """The tools of one walk. `work` carries out a step, by name, under a key, with its data."""

    def __init__(self, steps: Mapping[str, Step], work: Work, tools: Tools) -> None:
        self._steps, self._work, self._tools = steps, work, tools
        self._uses: dict[str, _Use] = {}

    def offer(self, name: str) -> None:
        """All that the step needs has ended: from now on it may be called."""
        self._uses[name] = _Use()

    def of(self, names: Iterable[str], caller: str) -> dict[str, Tool]:
        """Those of the named steps that are on offer; `caller` is the key of who may call them."""
        offered = (name for name in names if name in self._uses and self._steps[name].enabled)
        return {name: self._tool(name, caller) for name in offered}

    def tell(self) -> None:
        """The walk is over: how each tool was used."""
        for name, use in self._uses.items():
            self._tools.emit(use.event(name, self._now_ms()))

    def _tool(self, name: str, caller: str) -> Tool:
        count = 0

        async def call(arguments: JsonValue) -> JsonValue:
            nonlocal count
            count += 1
            if count > CALLS:
                raise failing.permanent("TooManyCalls", f"{name}: more than {CALLS} calls")
            _check(step, arguments)
            return await self._call(name, f"{caller}/{name}/{count}", arguments)

        step = self._steps[name]
        return Tool(
            description=step.description or step.title or "",
            call=call,
            parameters=step.parameters or ANY_OBJECT,
        )

    async def _call(self, name: str, key: str, arguments: JsonValue) -> JsonValue:
        use, began = self._uses[name], self._tools.monotonic()
        if use.started is None:
            use.started = self._now_ms()
            self._tools.emit(wire.StepStarted(step=name))
        use.calls += 1
        try:
            outcome = (await self._work(name, key, arguments)).outcome
        finally:
            use.seconds += self._tools.monotonic() - began
        if outcome.error is not None:
            use.error = error = outcome.error
            raise StepFailed(error.failure, error.reason, error.message, error.retry_after_seconds)
        use.succeeded += 1
        return outcome.output

    def _now_ms(self) -> int:
        return int(self._tools.now().timestamp() * 1000)


def _check(step: Step, arguments: JsonValue) -> None:
    try:
        plain.encode(arguments)
    except plain.NotPlain as error:
        raise failing.permanent("NotJson", f"{step.name}: arguments {error}") from error
    try:
        found = schemas.violations(step.parameters or ANY_OBJECT, arguments)
    except schemas.InvalidSchema as error:
        raise failing.permanent("InvalidSchema", f"{step.name}: parameters: {error}") from error
    if found:
        said = "; ".join(f"{one.path('arguments')}: {one.message}" for one in found)
        raise failing.permanent("InvalidArguments", f"{step.name}: {said}")
