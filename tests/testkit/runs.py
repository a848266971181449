"""A run without a cluster: jobs with valid defaults, and a world that only remembers and counts."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jinja2
from pydantic import JsonValue

from sluice_core import wire
from sluice_core.catalog import ActionType, InputPort, Params
from sluice_core.definition import Definition
from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.engine import Job, Tools, execute
from sluice_runner.templating.limits import TemplateFailed

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class AnyParams(Params, extra="allow"):
    """Whatever a test writes under `with`."""


def an_action(
    name: str,
    run: Callable[[Any, Context], Awaitable[Done]],
    *,
    ports: tuple[str, ...] = ("output",),
    repeatable: bool = False,
    accepts: frozenset[InputPort] = frozenset(),
) -> Action:
    row = ActionType(
        name=name,
        title=name,
        category="test",
        role="transforms",
        params=AnyParams,
        sample={},
        ports=ports,
        repeatable=repeatable,
        accepts=accepts,
    )
    return Action(row, run)


def a_definition(*steps: Mapping[str, Any], **fields: Any) -> Definition:
    return Definition.model_validate({"steps": [{"action": "log", **s} for s in steps], **fields})


def a_job(
    *steps: Mapping[str, Any], definition: Mapping[str, Any] | None = None, **fields: Any
) -> Job:
    defaults = {"uid": "u1", "name": "r1", "namespace": "shop", "workflow": "etl", "revision": 3}
    return Job(definition=a_definition(*steps, **(definition or {})), **{**defaults, **fields})


def a_constant(name: str, output: JsonValue, **fields: Any) -> dict[str, Any]:
    return {"name": name, "action": "transform", "with": {"template": output}, **fields}


def a_condition(name: str, answer: JsonValue, **fields: Any) -> dict[str, Any]:
    return {"name": name, "action": "condition", "with": {"if": answer}, **fields}


class PlainRenderer:
    """Renders in this process, and remembers what it was given."""

    def __init__(self) -> None:
        self.contexts: list[dict[str, JsonValue]] = []
        self._jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)

    async def render(
        self, value: JsonValue, context: Mapping[str, JsonValue], root: str
    ) -> JsonValue:
        self.contexts.append(dict(context))
        filled: JsonValue = self._fill(value, context, root)
        return filled

    def _fill(self, value: JsonValue, context: Mapping[str, JsonValue], path: str) -> Any:
        if isinstance(value, dict):
            return {k: self._fill(v, context, f"{path}.{k}") for k, v in value.items()}
        if isinstance(value, list):
            return [self._fill(v, context, f"{path}[{i}]") for i, v in enumerate(value)]
        if not isinstance(value, str):
            return value
        try:
            if value.startswith("{{") and value.endswith("}}") and value.count("{{") == 1:
                return self._expression(value[2:-2], context)
            return self._jinja.from_string(value).render(context)
        except jinja2.UndefinedError as error:
            raise TemplateFailed("Undefined", path, str(error)) from error

    def _expression(self, source: str, context: Mapping[str, JsonValue]) -> Any:
        result = self._jinja.compile_expression(source, undefined_to_none=False)(**context)
        if isinstance(result, jinja2.Undefined):
            str(result)
        return result


class World:
    """A clock that only `sleep` moves, and all that was emitted."""

    def __init__(self, *actions: Action) -> None:
        self.events: list[wire.Happening] = []
        self.pauses: list[float] = []
        self.asked: list[tuple[Any, ...]] = []
        self.replies: list[JsonValue | StepFailed] = []
        self.seconds = 0.0
        self.renderer = PlainRenderer()
        self._actions = {**ACTIONS, **{action.type.name: action for action in actions}}

    def tools(self, **fields: Any) -> Tools:
        defaults: dict[str, Any] = {
            "renderer": self.renderer,
            "actions": self._actions,
            "emit": self.events.append,
            "http": _no_http,
            "guard": _no_http,
            "credential": _no_http,
            "ask": self.ask,
            "documents": _no_http,
            "now": lambda: NOON + timedelta(seconds=self.seconds),
            "monotonic": lambda: self.seconds,
            "sleep": self.sleep,
            "random": lambda: 1.0,
        }
        return Tools(**{**defaults, **fields})

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    async def ask(self, *asked: Any) -> JsonValue:
        """What was asked is remembered; the next of `replies` is the answer."""
        self.asked.append(asked)
        reply = self.replies.pop(0)
        if isinstance(reply, StepFailed):
            raise reply
        return reply

    async def run(self, job: Job, **fields: Any) -> wire.Finished:
        await execute(job, self.tools(**fields))
        return self.end

    @property
    def end(self) -> wire.Finished:
        last = self.events[-1]
        assert isinstance(last, wire.Finished)
        return last

    @property
    def ended(self) -> dict[str, wire.StepFinished]:
        return {e.step: e for e in self.events if isinstance(e, wire.StepFinished)}

    @property
    def begun(self) -> list[str]:
        return [e.step for e in self.events if isinstance(e, wire.StepStarted)]

    @property
    def phases(self) -> dict[str, str]:
        return {name: event.phase for name, event in self.ended.items()}


def _no_http(_: str | None) -> Any:
    raise AssertionError("no test of the engine calls out")
