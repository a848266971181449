"""What dispatch asks of the rest of the operator, and what its own parts share."""

import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sluice_core import wire
from sluice_core.rates import Limit, Taken
from sluice_operator.run import children
from sluice_operator.run.book import Book
from sluice_operator.run.gate import Gate
from sluice_operator.run.observed import Flow, Name, Pinned, Run
from sluice_operator.run.replies import Serve
from sluice_operator.run.runners import Runners
from sluice_operator.run.showing import Showing
from sluice_operator.run.solo import Pods, Solo
from sluice_operator.run.tasks import Tasks


class Counters(Protocol):
    """What counts against the rates of plans; see sluice_kube.admission."""

    async def take_ids(
        self, namespace: str, limits: Sequence[Limit], ids: Sequence[str]
    ) -> tuple[Taken, frozenset[str]]:
        """Count what has ids, each once; answers those that may go. Raises ApiError."""


class Objects(children.Objects, Protocol):
    """What is asked of the API server; see sluice_operator.run.objects."""

    async def ended(self, flow: Name) -> list[dict[str, Any]]:
        """The runs of a workflow that are over and kept."""


async def _nobody(_run: Run, _status: dict[str, Any]) -> None:
    """Nobody wants to be told."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What dispatch asks of the rest of the operator.

    `write` stores a whole status, waiting for the API server as long as it takes, and answers
    False when the run is gone. `exists` reads whether the run is still there and undecided.
    `look` has the workflow looked at again, where it was decided about without what a run needs.
    `demand` hears that the runs of a workflow that want its runner may be others.
    `ending` is told of a final status before it is stored, and says there which notifications are
    due; `ended` once it is.
    `saw` hears what happens in runs on their runners. `tell` makes what follows from the end of
    a run, before that is stored.
    `pods` makes those that are for one run alone.
    `serves` does what steps ask for, by kind; child runs are dispatch's own. `step_ended` is told
    when nobody waits any more for what a step may have asked for.
    """

    flow: Callable[[Name], Flow | None]
    pin: Callable[[Name, int], Awaitable[Pinned | None]]
    write: Callable[[Run, dict[str, Any]], Coroutine[Any, Any, bool]]
    exists: Callable[[Run], Awaitable[bool]]
    ended: Callable[[Run, dict[str, Any], datetime], None]
    demand: Callable[[Name], None]
    leading: Callable[[], bool]
    now: Callable[[], datetime]
    superseded: Callable[[], None]
    objects: Objects
    pods: Pods
    counters: Counters
    look: Callable[[Name], None]
    ending: Callable[[Run, dict[str, Any]], None] = lambda _run, _status: None
    saw: Callable[[Run, wire.Happening], None] = lambda _run, _what: None
    tell: Callable[[Run, dict[str, Any]], Awaitable[None]] = _nobody
    serves: Mapping[wire.RequestKind, Serve] = field(default_factory=dict)
    step_ended: Callable[[Run, str], None] = lambda _run, _step: None
    random: Callable[[], float] = random.random


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What those who move runs share."""

    ports: Ports
    book: Book
    runners: Runners
    showing: Showing
    solo: Solo
    gate: Gate
    tasks: Tasks
