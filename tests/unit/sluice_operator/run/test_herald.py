"""Events of runs, and what steps publish: who runs for them, once, and without a loop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import JsonValue

from sluice_core import event_types, wire
from sluice_operator.run import event_runs
from sluice_operator.run.children import make_child
from sluice_operator.run.herald import Herald
from sluice_operator.run.objects import Refused
from sluice_operator.run.observed import Flow, Name, Run, read
from sluice_operator.run.replies import Declined
from sluice_operator.run.subscribers import Subscribers
from testkit.dispatching import FLOW, NOON, a_flow, a_manifest

FAILED = {
    "phase": "Failed",
    "conditions": [
        {"type": "Succeeded", "status": "False", "reason": "StepFailed", "message": "step a: no"}
    ],
    "durationMs": 5,
}
DONE = {"phase": "Succeeded", "output": {"rows": 3}}


def a_subscriber(name: str, *events: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    triggers = [{"name": f"on-{index}", "event": dict(event)} for index, event in enumerate(events)]
    metadata = {"name": name, "namespace": FLOW.namespace, "uid": f"uid-{name}"}
    return {"metadata": metadata, "spec": {"triggers": triggers, **spec}}


def a_run(uid: str = "run-1", **fields: Any) -> Run:
    return read(a_manifest(uid, **fields))


@dataclass
class World:
    """The runs that were made, and what makes them."""

    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    creations: int = 0
    refuses: str = ""
    flows: dict[Name, Flow] = field(default_factory=dict)
    subscribers: Subscribers = field(default_factory=Subscribers)

    def add(self, *workflows: dict[str, Any]) -> "World":
        for one in workflows:
            self.subscribers.see(Name(FLOW.namespace, one["metadata"]["name"]), one)
        return self

    def herald(self) -> Herald:
        return Herald(self.subscribers, self, self.flows.get, lambda: NOON)

    async def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        self.creations += 1
        if self.refuses:
            raise Refused(self.refuses)
        return self.runs.setdefault(manifest["metadata"]["name"], manifest)

    def made(self) -> list[tuple[str, str]]:
        specs = [one["spec"] for one in self.runs.values()]
        return sorted((one["workflow"], one["trigger"]["event"]) for one in specs)


def on(type_: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, **more}


ENDS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "failed": (FAILED, [("handler", event_types.RUN_FAILED)]),
    "succeeded": (DONE, [("handler", event_types.RUN_COMPLETED)]),
    "cancelled": ({"phase": "Cancelled"}, []),
}


@pytest.mark.parametrize(("status", "made"), ENDS.values(), ids=ENDS)
async def test_the_end_of_a_run_is_an_event_before_it_is_stored(
    status: dict[str, Any], made: list[tuple[str, str]]
) -> None:
    world = World().add(
        a_subscriber("handler", on(event_types.RUN_FAILED), on(event_types.RUN_COMPLETED)),
        a_subscriber("other", on(event_types.STEP_FAILED)),
    )

    await world.herald().ending(a_run(), status)

    assert world.made() == made


async def test_a_handler_knows_what_happened() -> None:
    world = World().add(a_subscriber("handler", on(event_types.RUN_FAILED)))

    await world.herald().ending(a_run(trigger={"type": "Schedule", "name": "nightly"}), FAILED)

    [run] = world.runs.values()
    assert run["metadata"]["ownerReferences"][0]["uid"] == "uid-handler"
    assert run["spec"]["inputs"] == {
        "run": "run-1",
        "workflow": "etl",
        "namespace": "shop",
        "trigger": {"type": "Schedule", "name": "nightly"},
        "attempt": 1,
        "phase": "Failed",
        "reason": "StepFailed",
        "message": "step a: no",
        "durationMs": 5,
    }
    trigger = run["spec"]["trigger"]
    assert (trigger["type"], trigger["name"], trigger["event"]) == (
        *("Event", "on-0", "workflows.run.failed"),
    )
    assert trigger["quiet"] is True


async def test_what_a_runner_tells_is_an_event_and_the_end_waits_for_it() -> None:
    world = World().add(
        a_subscriber("starts", on(event_types.RUN_STARTED)),
        a_subscriber("steps", on(event_types.STEP_FAILED, match={"data.step": "load"})),
    )
    herald, run = world.herald(), a_run()
    error = wire.StepError(failure="Timeout", reason="Timeout", message="too long")

    herald.saw(run, wire.Accepted())
    for step, phase in (("parse", "Failed"), ("load", "Succeeded"), ("load", "Failed")):
        herald.saw(run, a_step(step, phase, error))
    await herald.ending(run, {"phase": "Cancelled"})

    assert world.made() == [
        ("starts", event_types.RUN_STARTED),
        ("steps", event_types.STEP_FAILED),
    ]


def a_step(step: str, phase: Any, error: wire.StepError | None = None) -> wire.StepFinished:
    return wire.StepFinished(step=step, phase=phase, started=0, duration_ms=1, error=error)


async def test_the_next_leader_hears_the_same_and_makes_no_second_run() -> None:
    world = World().add(
        a_subscriber("handler", on(event_types.RUN_STARTED), on(event_types.RUN_FAILED))
    )

    for _ in range(3):
        herald, run = world.herald(), a_run()
        herald.saw(run, wire.Accepted())
        await herald.ending(run, FAILED)

    assert (world.creations, len(world.runs)) == (6, 2)


async def test_another_run_is_another_event() -> None:
    world = World().add(a_subscriber("handler", on(event_types.RUN_FAILED)))

    for uid in ("run-1", "run-2"):
        await world.herald().ending(a_run(uid), FAILED)

    assert len(world.runs) == 2


QUIET: dict[str, dict[str, Any]] = {
    "a test": {"trigger": {"type": "Test"}},
    "a run that such an event has set off": {"trigger": {"type": "Event", "quiet": True}},
}


@pytest.mark.parametrize("spec", QUIET.values(), ids=QUIET)
async def test_of_these_nothing_is_told(spec: dict[str, Any]) -> None:
    types = (event_types.RUN_STARTED, event_types.STEP_FAILED, event_types.RUN_FAILED)
    world = World().add(a_subscriber("handler", *map(on, types)))
    herald, run = world.herald(), a_run(**spec)

    herald.saw(run, wire.Accepted())
    herald.saw(run, a_step("a", "Failed"))
    await herald.ending(run, FAILED)

    assert world.creations == 0


async def test_what_a_handler_makes_is_quiet_too() -> None:
    handler = a_run(trigger={"type": "Event", "quiet": True, "hops": 1})
    world = World().add(a_subscriber("next", on("told")))

    child = make_child(handler, wire.ChildRun(workflow="child", key="k"))
    await publish(world.herald(), handler, type="told")

    [published] = world.runs.values()
    assert (child["spec"]["trigger"]["quiet"], child["spec"]["trigger"]["hops"]) == (True, 1)
    assert (published["spec"]["trigger"]["quiet"], published["spec"]["trigger"]["hops"]) == (
        True,
        2,
    )


async def publish(herald: Herald, run: Run, **body: Any) -> JsonValue:
    asked = {"key": "run-1/s", **body}
    request = wire.Request(request="r", step="s", kind="Publish", body=asked)
    return await herald.publish(run, request)


async def test_a_published_event_starts_who_waits_for_it_once() -> None:
    world = World().add(
        a_subscriber("a", on("order.paid", filter="event.data.total > 100")),
        a_subscriber("b", on("order.paid", filter="event.data.total > 200")),
        a_subscriber("c", on("order.sent")),
    )
    herald, run = world.herald(), a_run()
    event = {"type": "order.paid", "data": {"total": 120}}

    first = await publish(herald, run, **event)
    again = await publish(world.herald(), run, **event)
    other = await publish(herald, run, **event, key="run-1/s/2")

    [name, _] = world.runs
    assert (
        first
        == again
        == {
            "id": "run-1/run-1/s/0",
            "runs": [{"workflow": "a", "trigger": "on-0", "run": name}],
            "refused": [],
        }
    )
    assert first != other
    spec = world.runs[name]["spec"]
    assert spec["inputs"] == {"total": 120}
    assert spec["trigger"]["source"].endswith("/namespaces/shop/workflowruns/run-1")
    assert (spec["trigger"]["hops"], "quiet" in spec["trigger"]) == (1, False)


REFUSALS: dict[str, tuple[dict[str, Any], Flow | None, str, str]] = {
    "paused": ({}, a_flow(state="Paused"), "", "is paused"),
    "not valid": ({}, a_flow(invalid="a cycle"), "", "a cycle"),
    "its inputs do not fit": ({"inputs": {"required": ["day"]}}, None, "", "inputs.day"),
    "the API server refuses": ({}, None, "over quota", "over quota"),
}


@pytest.mark.parametrize(("spec", "flow", "refuses", "why"), REFUSALS.values(), ids=REFUSALS)
async def test_who_takes_no_run_is_told_and_holds_up_nobody(
    spec: dict[str, Any], flow: Flow | None, refuses: str, why: str
) -> None:
    world = World(refuses=refuses).add(a_subscriber("a", on("order.paid"), **spec))
    if flow is not None:
        world.flows[Name(FLOW.namespace, "a")] = flow

    reply: Any = await publish(world.herald(), a_run(), type="order.paid")

    [refused] = reply["refused"]
    assert (reply["runs"], refused["workflow"], refused["trigger"]) == ([], "a", "on-0")
    assert why in refused["message"]


DECLINED: dict[str, tuple[Run, dict[str, Any], str]] = {
    "what only Sluice tells": (a_run(), {"type": event_types.RUN_FAILED}, "ReservedType"),
    "a loop": (a_run(trigger={"type": "Event", "hops": 8}), {"type": "x"}, "TooDeep"),
    "more than a run can hold": (a_run(), {"type": "x", "data": "y" * 140_000}, "TooLarge"),
}


@pytest.mark.parametrize(("run", "body", "reason"), DECLINED.values(), ids=DECLINED)
async def test_declined(run: Run, body: dict[str, Any], reason: str) -> None:
    with pytest.raises(Declined) as declined:
        await publish(World().herald(), run, **body)

    assert declined.value.reason == reason


async def test_who_changes_or_goes_is_not_run_for_what_it_was() -> None:
    world = World().add(a_subscriber("a", on("order.paid")), a_subscriber("b", on("order.paid")))
    disabled = a_subscriber("a", on("order.paid"))
    disabled["spec"]["triggers"][0]["enabled"] = False
    world.add(disabled)
    world.subscribers.see(Name(FLOW.namespace, "b"), None)

    await publish(world.herald(), a_run(), type="order.paid")

    assert not world.runs
    assert (FLOW.namespace, "order.paid") not in world.subscribers


async def test_a_run_that_is_told_of_has_one_name_for_each_trigger() -> None:
    world = World().add(a_subscriber("a", on(event_types.RUN_FAILED), on(event_types.RUN_FAILED)))

    await world.herald().ending(a_run(), FAILED)

    assert len(world.runs) == 2
    assert event_runs.ended(a_run(), FAILED)["id"] == "run-1/workflows.run.failed"  # type: ignore[index]
