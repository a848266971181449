"""What a run is made of, and what the engine may touch while it works on it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue

from sluice_core import wire
from sluice_core.credentials import Credential
from sluice_core.definition import Definition
from sluice_runner.actions.action import Action

if TYPE_CHECKING:
    import httpx

    from sluice_runner.documents.reader import Documents
    from sluice_runner.egress.connect import Guard


@dataclass(frozen=True, kw_only=True)
class Job:
    """One attempt of one run; `deadline` in milliseconds since the epoch."""

    uid: str
    name: str
    namespace: str
    workflow: str
    revision: int
    definition: Definition
    attempt: int = 1
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)
    entities: tuple[str, ...] = ()
    trigger: Mapping[str, JsonValue] = field(default_factory=dict)
    finished: tuple[wire.FinishedStep, ...] = ()
    finished_entities: tuple[wire.FinishedEntity, ...] = ()
    ancestors: tuple[str, ...] = ()
    deadline: int | None = None

    @classmethod
    def of(cls, request: wire.RunRequest, definition: Definition) -> Job:
        """What the operator asked for."""
        return cls(
            uid=request.uid,
            name=request.name,
            namespace=request.namespace,
            workflow=request.workflow,
            revision=request.revision,
            definition=definition,
            attempt=request.attempt,
            inputs=request.inputs,
            entities=request.entities,
            trigger=request.trigger,
            finished=request.finished,
            finished_entities=request.finished_entities,
            ancestors=request.ancestors,
            deadline=request.deadline,
        )


class Renderer(Protocol):
    """Fills in the templates in a value; raises TemplateFailed."""

    async def render(
        self, value: JsonValue, context: Mapping[str, JsonValue], root: str
    ) -> JsonValue:
        """A text that is one expression gives a value of any type; the rest gives text.

        The path of a TemplateFailed begins with `root`.
        """


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The world as the engine sees it. What has no arguments is made when first asked for.

    `credential` reads the one of that name as it is now; raises StepFailed.
    `ask` has something done for a step that only the operator can do; raises StepFailed.
    """

    renderer: Renderer
    actions: Mapping[str, Action]
    emit: Callable[[wire.Happening], None]
    http: Callable[[], httpx.AsyncClient]
    guard: Callable[[], Guard]
    credential: Callable[[str], Credential]
    ask: Callable[[str, wire.RequestKind, dict[str, JsonValue]], Awaitable[JsonValue]]
    documents: Callable[[], Documents]
    env: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random
