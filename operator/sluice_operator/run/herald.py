"""Tell workflows that wait for it what becomes of runs, and what their steps publish.

The runs that an event sets off are made before what it tells is stored or answered. Whoever leads
next hears the same from the runner, gives the runs the same names, and finds them made.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import orjson
from pydantic import JsonValue

from sluice_core import admission, event_types, events, wire
from sluice_operator.run import event_runs
from sluice_operator.run.objects import Refused
from sluice_operator.run.observed import Flow, Name, Run
from sluice_operator.run.replies import Declined
from sluice_operator.run.subscribers import Listening, Subscriber, Subscribers
from sluice_operator.run.tasks import Task, Tasks

log = logging.getLogger(__name__)

_AT_ONCE = 16


class Objects(Protocol):
    """What is asked of the API server; see sluice_operator.run.objects."""

    async def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The run as it is now made, or as it was before; raises Refused."""


class Herald:
    """`told` returns when nothing about a run is on its way any more."""

    def __init__(
        self,
        subscribers: Subscribers,
        objects: Objects,
        flow: Callable[[Name], Flow | None],
        now: Callable[[], datetime],
    ) -> None:
        self._subscribers, self._objects, self._flow = subscribers, objects, flow
        self._now = now
        self._tasks = Tasks()
        self._telling: defaultdict[str, set[Task]] = defaultdict(set)
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def close(self) -> None:
        """Tell nothing any more; the next leader will."""
        await self._tasks.close()

    def saw(self, run: Run, what: wire.Happening) -> None:
        """Something happened in a run on its runner."""
        match what:
            case wire.Accepted() if run.attempt == 1:
                self._tell_of(run, event_types.RUN_STARTED, lambda: event_runs.begun(run))
            case wire.StepFinished(phase="Failed"):
                self._tell_of(
                    run, event_types.STEP_FAILED, lambda: event_runs.step_failed(run, what)
                )
            case _:
                pass

    async def ending(self, run: Run, status: Mapping[str, Any]) -> None:
        """A run ends as that status has it, which is not stored yet."""
        if event_runs.is_told_of(run):
            event = event_runs.ended(run, status)
            if event is not None and (run.name.namespace, event["type"]) in self._subscribers:
                self._tell(run, event)
        while telling := self._telling.get(run.uid):
            await asyncio.wait(telling)

    async def publish(self, run: Run, request: wire.Request) -> JsonValue:
        """What a step asks for by publish; the reply names the runs."""
        asked = wire.Publish.model_validate(request.body)
        _check(run, asked)
        runs, refused = await self._emit(run, event_runs.published(run, asked))
        return {"id": f"{run.uid}/{asked.key}/{run.retries}", "runs": runs, "refused": refused}

    def _tell_of(self, run: Run, type_: str, event: Callable[[], dict[str, Any]]) -> None:
        """Costs a look into a table where nobody waits for it."""
        if (run.name.namespace, type_) in self._subscribers and event_runs.is_told_of(run):
            self._tell(run, event())

    def _tell(self, run: Run, event: dict[str, Any]) -> None:
        task = self._tasks.spawn(self._emit(run, event))
        self._telling[run.uid].add(task)
        task.add_done_callback(lambda done: self._over(run.uid, done))

    def _over(self, uid: str, task: Task) -> None:
        self._telling[uid].discard(task)
        if not self._telling[uid]:
            del self._telling[uid]

    async def _emit(
        self, cause: Run, event: dict[str, Any]
    ) -> tuple[list[JsonValue], list[JsonValue]]:
        """The runs that there are now, and the triggers whose workflow took none."""
        answering = list(self._subscribers.answering(cause.name.namespace, event))
        made = await asyncio.gather(
            *(self._start(cause, event, one, trigger) for one, trigger in answering)
        )
        runs: list[JsonValue] = []
        refused: list[JsonValue] = []
        for (subscriber, trigger), (name, why) in zip(answering, made, strict=True):
            told: dict[str, JsonValue] = {
                "workflow": subscriber.name.name,
                "trigger": trigger.name,
            }
            if name:
                runs.append({**told, "run": name})
            else:
                log.warning("event %s: %s takes no run: %s", event["id"], subscriber.name, why)
                refused.append({**told, "message": why})
        return runs, refused

    async def _start(
        self, cause: Run, event: dict[str, Any], subscriber: Subscriber, trigger: Listening
    ) -> tuple[str, str]:
        """The run's name, or why there is none."""
        why = self._refusal(subscriber) or event_runs.unfit(subscriber, event)
        if why:
            return "", why
        manifest = event_runs.make_run(subscriber, trigger, event, cause)
        async with self._room:
            try:
                made = await self._objects.create(manifest)
            except Refused as error:
                return "", str(error)
        return str(made["metadata"]["name"]), ""

    def _refusal(self, subscriber: Subscriber) -> str:
        """What is known against it; a run that is made nevertheless is judged again."""
        flow = self._flow(subscriber.name)
        if flow is None:
            return ""
        verdict = admission.judge(flow.standing, self._now())
        return verdict.message if verdict.outcome == "Refused" else flow.invalid


def _check(run: Run, asked: wire.Publish) -> None:
    """Raises Declined."""
    if asked.type in event_types.OF_RUNS:
        raise Declined("ReservedType", f"{asked.type} is told by Sluice alone, publish another")
    if event_runs.hops(run) >= events.MOST_HOPS:
        message = f"{events.MOST_HOPS} events led to this run, one from another: is it a loop?"
        raise Declined("TooDeep", message)
    size = len(orjson.dumps(asked.data))
    if size > events.EVENT_BYTES:
        message = f"data takes {size} bytes, and an event may have {events.EVENT_BYTES}"
        raise Declined("TooLarge", message)
