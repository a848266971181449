"""Hold an event against the triggers of a namespace, and make the runs that it sets off."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sluice_core import event_types, events
from sluice_core.rates import Use
from sluice_gateway import answers, idempotency
from sluice_gateway.auth import Caller
from sluice_gateway.flows import Flow
from sluice_gateway.listening import Subscription, of_kind
from sluice_gateway.plans import RateLimited
from sluice_gateway.problems import Fault, Problem, understood
from sluice_gateway.refusals import is_visible
from sluice_gateway.runs import make_run
from sluice_gateway.starting import Starter
from sluice_gateway.subscriptions import Subscriptions
from sluice_kube.resources import Key

Outcome = Literal["started", "skipped", "refused"]
_AT_ONCE = 16


@dataclass(frozen=True)
class Result:
    """What came of one trigger: a run, or why there is none."""

    flow: Flow
    trigger: str
    outcome: Outcome
    run: Key | None = None
    reason: str = ""
    message: str = ""
    again: bool = False
    use: Use | None = None

    def told(self) -> dict[str, Any]:
        """As the answer has it."""
        said: dict[str, Any] = {
            "workflowId": self.flow.name,
            "workflowName": self.flow.title,
            "trigger": self.trigger,
            "status": self.outcome,
        }
        if self.run is not None:
            return said | {"executionId": self.run.name, "url": answers.url(self.run)}
        return said | {"reason": self.reason, "message": self.message}


@dataclass(frozen=True)
class Emitter:
    """Makes a run for each trigger that answers to an event."""

    subscriptions: Subscriptions
    starter: Starter

    async def emit(self, caller: Caller, namespace: str, event: dict[str, Any]) -> list[Result]:
        """In the order of the workflows' names; those that the caller must not see are left out.

        Raises Problem 503 when the API server was away, and the event can be sent again.
        """
        if event["type"] in event_types.OF_RUNS:
            fault = Fault("type", "is told by Sluice alone", "publish another type")
            raise Problem(422, "ReservedType", f"{event['type']} cannot be published", [fault])
        match, room = events.Match(event), asyncio.Semaphore(_AT_ONCE)
        results = await asyncio.gather(
            *(
                self._one(flow, trigger, match, event, room)
                for flow in self.subscriptions.of(namespace, event["type"])
                if is_visible(flow, caller.user)
                for trigger in of_kind(flow.listeners, Subscription)
                if trigger.type == event["type"]
            )
        )
        lost = [one for one in results if one.again]
        if lost:
            detail = f"{len(lost)} runs could not be made: {lost[0].message}; send it again"
            raise Problem(503, "ApiServerUnavailable", detail, headers={"Retry-After": "1"})
        return results

    async def _one(
        self,
        flow: Flow,
        trigger: Subscription,
        match: events.Match,
        event: Mapping[str, Any],
        room: asyncio.Semaphore,
    ) -> Result:
        if not trigger.enabled:
            message = "the trigger is not enabled"
            return Result(flow, trigger.name, "skipped", None, "TriggerDisabled", message)
        why = match.refusal(trigger)
        if why is not None:
            return Result(flow, trigger.name, "skipped", None, "NoMatch", why)
        async with room:
            return await self._start(flow, trigger, event)

    async def _start(self, flow: Flow, trigger: Subscription, event: Mapping[str, Any]) -> Result:
        inputs, rest = events.brought(event["data"])
        claim = idempotency.claim(
            flow.name,
            *(flow.uid, "Event", trigger.name, event["source"]),
            key=idempotency.hashed(event["id"]),
            body=event["data"],
            header="id",
        )
        run = make_run(flow, claim, events.run_trigger(trigger.name, event) | rest, inputs)
        try:
            begun = await self.starter.create(flow, run, claim)
        except Exception as error:
            problem = understood(error)
            if problem.status == 500:
                raise
            again = problem.status in {502, 503}
            use = problem.full if isinstance(problem, RateLimited) else None
            return Result(
                flow, trigger.name, "refused", None, problem.reason, problem.detail, again, use
            )
        return Result(flow, trigger.name, "started", Key.of(run), use=begun.use)
