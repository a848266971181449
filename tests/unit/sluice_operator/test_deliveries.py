"""Deliveries over a courier and a store in memory: when letters go out, and what is written."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from sluice_core import wire
from sluice_operator.deliveries import OF_NAMESPACE, TO_RECEIVER, Deliveries
from sluice_operator.run import letters
from sluice_operator.run.observed import Name, Run, read
from testkit.dispatching import FLOW, NOON, a_manifest
from testkit.eventually import until

EVENTS = ["workflows.run.started", "workflows.run.failed", "workflows.run.completed"]
HOOK = {"url": "https://ops.example/hook?k=v", "events": EVENTS, "secretKey": "ops"}
OTHER = {"url": "https://other.example/", "events": ["workflows.run.failed"]}
DELIVERED = wire.Delivery(outcome="Delivered")
BUSY = wire.Delivery(outcome="Again", message="503")


def a_status(phase: str = "Failed") -> dict[str, Any]:
    return {"phase": phase, "completionTime": "2026-01-31T12:00:00Z", "conditions": []}


@dataclass
class World:
    """What is there besides the operator; `answers` are taken one by one, then all arrives."""

    now: datetime = NOON
    answers: list[wire.Delivery] = field(default_factory=list)
    sent: list[wire.Letter] = field(default_factory=list)
    writes: list[list[dict[str, Any]]] = field(default_factory=list)
    is_there: bool = True

    async def deliver(self, letter: wire.Letter) -> wire.Delivery:
        self.sent.append(letter)
        return self.answers.pop(0) if self.answers else DELIVERED

    async def write_notifications(
        self, name: Name, uid: str, entries: list[dict[str, Any]]
    ) -> bool:
        assert name.namespace in ("shop", "store")
        assert uid.startswith("run-")
        self.writes.append(entries)
        return self.is_there

    def clock(self) -> datetime:
        return self.now

    @asynccontextmanager
    async def leading(self, *notifications: dict[str, Any]) -> AsyncIterator[Deliveries]:
        deliveries = Deliveries(self, self, self.clock)
        deliveries.see(FLOW, {"spec": {"notifications": list(notifications)}})
        work = asyncio.create_task(deliveries.run())
        yield deliveries
        work.cancel()
        await deliveries.close()

    def states(self) -> list[tuple[str, int]]:
        return [(one["state"], one["attempts"]) for one in self.writes[-1]]


def end(deliveries: Deliveries, run: Run, phase: str = "Failed") -> dict[str, Any]:
    """As dispatch does it: decided, stored, told."""
    status = a_status(phase)
    deliveries.ending(run, status)
    deliveries.ended(run)
    deliveries.left(run.uid)
    return status


async def test_a_run_without_notifications_costs_nothing() -> None:
    world, run = World(), read(a_manifest())

    async with world.leading() as deliveries:
        deliveries.saw(run, wire.Accepted())
        status = end(deliveries, run)

        assert "notifications" not in status
        assert not deliveries.needs(run.uid)
    assert (world.sent, world.writes, run.notifications) == ([], [], ())


async def test_the_end_is_told_once_it_is_stored_and_all_of_it_costs_one_write() -> None:
    world, run = World(), read(a_manifest())

    async with world.leading(HOOK, OTHER) as deliveries:
        status = a_status()
        deliveries.ending(run, status)
        assert [one["state"] for one in status["notifications"]] == ["Pending", "Pending"]
        assert world.sent == []
        deliveries.ended(run)
        assert deliveries.needs(run.uid)
        await until(lambda: not deliveries.needs(run.uid), "a delivery")

    assert {one.url for one in world.sent} == {HOOK["url"], OTHER["url"]}
    assert {one.secret_key for one in world.sent} == {"ops", None}
    assert len(world.writes) == 1
    assert world.states() == [("Delivered", 1), ("Delivered", 1)]


async def test_a_beginning_is_told_at_once_and_stored_with_the_end() -> None:
    world, run = World(), read(a_manifest())

    async with world.leading(HOOK) as deliveries:
        deliveries.saw(run, wire.Accepted())
        await until(
            lambda: bool(run.notifications and run.notifications[0]["attempts"]), "a delivery"
        )
        deliveries.saw(run, wire.Accepted())  # told again by the stream
        status = end(deliveries, run, "Succeeded")
        await until(lambda: not deliveries.needs(run.uid), "a delivery")

    assert [one["state"] for one in status["notifications"]] == ["Delivered", "Pending"]
    assert [one.id for one in world.sent] == [one["id"] for one in status["notifications"]]
    assert world.states() == [("Delivered", 1), ("Delivered", 1)]


async def test_the_next_leader_goes_on_where_the_last_one_was() -> None:
    world, run = World(answers=[BUSY]), read(a_manifest())
    async with world.leading(HOOK) as first:
        end(first, run)
        await until(lambda: bool(world.writes), "a delivery")
    assert world.states() == [("Pending", 1)]

    stored = a_manifest(status=a_status() | {"notifications": world.writes[-1]})
    world.now += timedelta(minutes=1)
    async with world.leading(HOOK) as second:
        second.found(stored)
        await until(lambda: not second.needs(run.uid), "a delivery")
        second.found(a_manifest(status=a_status() | {"notifications": world.writes[-1]}))
        assert not second.needs(run.uid)

    assert world.states() == [("Delivered", 2)]
    assert len({one.id for one in world.sent}) == 1
    assert len({one.body for one in world.sent}) == 1


async def test_a_notification_that_was_taken_away_is_not_sent_any_more() -> None:
    world, run = World(answers=[BUSY]), read(a_manifest())

    async with world.leading(HOOK) as deliveries:
        end(deliveries, run)
        await until(lambda: bool(world.writes), "a delivery")
        deliveries.see(FLOW, {"spec": {"notifications": [OTHER]}})
        stored = a_manifest("run-2", status=a_status() | {"notifications": world.writes[-1]})
        world.now += timedelta(minutes=1)
        deliveries.found(stored)
        await until(lambda: not deliveries.needs("run-2"), "a delivery")

    assert world.states() == [("Failed", 2)]
    assert len(world.sent) == 1


async def test_a_run_that_is_gone_is_forgotten_and_a_test_tells_nobody() -> None:
    world, run = World(is_there=False), read(a_manifest())
    trial = read(a_manifest("run-2", trigger={"type": "Test"}))

    async with world.leading(HOOK) as deliveries:
        end(deliveries, run)
        status = end(deliveries, trial)
        await until(lambda: not deliveries.needs(run.uid), "a delivery")

    assert "notifications" not in status
    assert len(world.sent) == 1


@pytest.mark.parametrize(("receivers", "at_once"), [(2, 2 * TO_RECEIVER), (6, OF_NAMESPACE)])
async def test_who_never_answers_holds_up_no_other_namespace(receivers: int, at_once: int) -> None:
    world, answering = World(), asyncio.Event()
    hooks = [{"url": f"https://{n}.example/", "events": EVENTS[1:2]} for n in range(receivers)]
    elsewhere = read(a_manifest("run-x", workflow="etl"))
    elsewhere.name = elsewhere.workflow = Name("store", "etl")

    async def dead(letter: wire.Letter) -> wire.Delivery:
        world.sent.append(letter)
        if letter.namespace == "shop":
            await answering.wait()
        return DELIVERED

    world.deliver = dead  # type: ignore[method-assign]
    async with world.leading(*hooks) as deliveries:
        deliveries.see(elsewhere.name, {"spec": {"notifications": [OTHER]}})
        for number in range(10):
            end(deliveries, read(a_manifest(f"run-{number}")))
        await until(lambda: len(world.sent) == at_once, "the attempts of a namespace")
        end(deliveries, elsewhere)
        await until(lambda: len(world.sent) > at_once, "that of another")
        by_url = Counter(one.url for one in world.sent)
        answering.set()
        await until(lambda: len(world.sent) == 10 * receivers + 1, "the rest")

    assert max(by_url.values()) <= TO_RECEIVER
    assert world.sent[at_once].namespace == "store"


async def test_of_steps_that_fail_so_many_are_told_that_the_end_has_room() -> None:
    world, run = World(), read(a_manifest())
    events = ["workflows.step.failed", "workflows.run.failed"]

    async with world.leading({"url": "https://ops.example/", "events": events}) as deliveries:
        for number in range(letters.MOST + 5):
            step = {"step": f"s{number}", "phase": "Failed", "started": 1, "durationMs": 1}
            deliveries.saw(run, wire.StepFinished.model_validate(step))
        status = end(deliveries, run)
        await until(lambda: not deliveries.needs(run.uid), "all deliveries")

    told = [one["event"] for one in status["notifications"]]
    assert (len(told), told.count("workflows.run.failed")) == (letters.MOST, 1)
    assert len(world.sent) == letters.MOST


async def test_without_a_courier_nothing_is_due() -> None:
    world, run = World(), read(a_manifest())
    deliveries = Deliveries(None, world, world.clock)
    deliveries.see(FLOW, {"spec": {"notifications": [HOOK]}})

    status = end(deliveries, run)

    assert "notifications" not in status
