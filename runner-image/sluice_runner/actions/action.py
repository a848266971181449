"""What an action is to the engine: its catalogue row, its code, and what that code is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import JsonValue

from sluice_core.catalog import OUTPUT, ActionType
from sluice_core.credentials import Credential
from sluice_core.wire import FailureClass, RequestKind

if TYPE_CHECKING:  # a runner that calls nothing never imports httpx
    import httpx

    from sluice_runner.documents.reader import Documents
    from sluice_runner.egress.connect import Guard

Level = Literal["debug", "info", "warning", "error"]
ANY_OBJECT: Mapping[str, JsonValue] = MappingProxyType({"type": "object"})
Ask = Callable[[RequestKind, dict[str, JsonValue]], Awaitable[JsonValue]]
Render = Callable[[JsonValue, Mapping[str, JsonValue], str], Awaitable[JsonValue]]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A step that another step may call: `data` of its templates is what it is called with.

    Raises StepFailed as the step fails, when it has been called too often, and for arguments that
    do not match `parameters`, a JSON Schema.
    """

    description: str
    call: Callable[[JsonValue], Awaitable[JsonValue]]
    parameters: Mapping[str, JsonValue] = field(default_factory=lambda: ANY_OBJECT)

    async def __call__(self, arguments: JsonValue) -> JsonValue:
        """The step's output."""
        return await self.call(arguments)


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that an action may touch besides its parameters.

    `key` stays the same when a step is repeated (run uid/step[/item]): an action passes it on as
    its idempotency key where the protocol has one. `http` makes the guarded client on first use,
    and `guard` opens every other connection. `credential` is what the step names, as it is at this
    moment, or None where it names none; raises StepFailed CredentialMissing.
    `ask` has something done that only the operator can do, and gives the value of its reply;
    `timeout_seconds` is the step's own, for those who can tell the other side of it.
    `chain` are the workflows of the runs above this one, and its own last. `ai` and `tools` are
    what the steps on the input ports of these names give. `render` fills in templates that are not
    the step's, from the data that it is given and no other; the last argument is the field's name.
    `documents` reads files of others.
    """

    key: str
    http: Callable[[], httpx.AsyncClient]
    guard: Callable[[], Guard]
    credential: Callable[[], Credential | None]
    log: Callable[[Level, str], None]
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    ask: Ask
    render: Render
    documents: Callable[[], Documents]
    timeout_seconds: float | None = None
    chain: tuple[str, ...] = ()
    ai: JsonValue = None
    tools: Mapping[str, Tool] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Done:
    """A step's success; `result` holds numbers about the work: status, bytes, durationMs."""

    output: JsonValue = None
    port: str = OUTPUT
    result: JsonValue = None


class StepFailed(Exception):  # noqa: N818 - what happened to the step, in the words of the API
    """A step's failure: how it is retried, a CamelCase reason, and words its author may read."""

    def __init__(
        self,
        failure: FailureClass,
        reason: str,
        message: str,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.reason = reason
        self.message = message
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class Action:
    """`run` gets an instance of `type.params`; which one, the table knows and the types cannot."""

    type: ActionType
    run: Callable[[Any, Context], Awaitable[Done]]
