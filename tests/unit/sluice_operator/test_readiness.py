"""How often runners are asked for what they lack, and who hears of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sluice_core import wire
from sluice_operator.readiness import CONTENT_PAUSE_SECONDS, LAST_PAUSE_SECONDS, Readiness
from testkit.eventually import until

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FINE = wire.Readiness(ready=True, slots=10)
LACKING = wire.Readiness(ready=True, slots=10, missing=("api/token",))


class World:
    """Runners by address, each with what it says or None where it does not answer; and a clock."""

    def __init__(self, **says: wire.Readiness | None) -> None:
        self.says = says
        self.asked: list[str] = []
        self.told: list[tuple[str, str, tuple[str, ...]]] = []
        self.now = NOON
        self.readiness: Readiness[str] = Readiness(self.ask, self._tell, lambda: self.now)

    async def ask(self, address: str) -> wire.Readiness:
        self.asked.append(address)
        said = self.says[address]
        if said is None:
            raise ConnectionRefusedError(address)
        return said

    def _tell(self, flow: str, pod: str, said: wire.Readiness) -> None:
        self.told.append((flow, pod, said.missing))

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Look whenever a pod's time has come, as the loop would."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now += timedelta(seconds=step)
            for uid in self.readiness.pop_due():
                await self.readiness.look(uid)


async def test_one_that_lacks_nothing_is_asked_once_in_a_long_while() -> None:
    world = World(a=FINE)
    world.readiness.found("uid", "etl", "a")
    await world.readiness.look("uid")

    await world.pass_time(CONTENT_PAUSE_SECONDS * 3 + 1)

    assert len(world.asked) == 4
    assert world.told == [("etl", "uid", ())]


async def test_one_that_lacks_something_is_asked_more_often_until_it_is_mended() -> None:
    world = World(a=LACKING)
    world.readiness.found("uid", "etl", "a")
    await world.readiness.look("uid")
    await world.pass_time(120)
    before = len(world.asked)

    world.says["a"] = FINE
    await world.pass_time(LAST_PAUSE_SECONDS)

    assert before <= 2 + 120 / LAST_PAUSE_SECONDS + 3
    assert world.told == [("etl", "uid", ("api/token",)), ("etl", "uid", ())]


async def test_many_that_lack_nothing_cost_no_storm() -> None:
    world = World(**{f"a{n}": FINE for n in range(200)})
    for number in range(200):
        world.readiness.found(f"uid-{number}", "etl", f"a{number}")
        await world.readiness.look(f"uid-{number}")

    await world.pass_time(CONTENT_PAUSE_SECONDS, step=10)

    assert len(world.asked) == 2 * 200


async def test_the_same_pod_found_again_is_not_asked_again() -> None:
    world = World(a=FINE)
    for _ in range(50):
        world.readiness.found("uid", "etl", "a")
    await world.readiness.look("uid")

    await world.pass_time(60)

    assert len(world.asked) == 1


async def test_one_that_does_not_answer_is_asked_again_and_nobody_told() -> None:
    world = World(a=None)
    world.readiness.found("uid", "etl", "a")
    await world.readiness.look("uid")
    await world.pass_time(10)

    world.says["a"] = LACKING
    await world.pass_time(LAST_PAUSE_SECONDS)

    assert world.told == [("etl", "uid", ("api/token",))]


async def test_a_pod_that_is_gone_is_asked_no_more() -> None:
    world = World(a=LACKING)
    world.readiness.found("uid", "etl", "a")
    await world.readiness.look("uid")

    world.readiness.gone("uid")
    await world.pass_time(300)

    assert len(world.asked) == 1


@asynccontextmanager
async def running(readiness: Readiness[str]) -> AsyncIterator[None]:
    task = asyncio.create_task(readiness.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_found_while_it_runs_is_asked_by_itself() -> None:
    world = World(a=LACKING)

    async with running(world.readiness):
        world.readiness.found("uid", "etl", "a")
        await until(lambda: bool(world.told), "what it lacks to be told")

    assert world.told == [("etl", "uid", ("api/token",))]
