"""How runs go is written in turn, and never in the way of how they end."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from sluice_operator.run.observed import Name, Run
from sluice_operator.run.showing import AT_ONCE, Showing
from sluice_operator.run.tasks import Tasks

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Storing:
    """Writes that last until they are let go, by the uid of their run and in their order."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, dict[str, Any]]] = []
        self.go = asyncio.Event()

    async def write(self, run: Run, made: dict[str, Any]) -> bool:
        self.begun.append((run.uid, made))
        await self.go.wait()
        return True


def a_run(number: int) -> Run:
    name = Name("shop", f"run-{number}")
    return Run(
        name=name,
        uid=f"uid-{number}",
        workflow=Name("shop", "etl"),
        spec={},
        status={},
        created="2026-01-31T12:00:00Z",
    )


async def the_loop_has_turned() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_many_runs_are_shown_a_few_at_a_time_and_all_in_the_end() -> None:
    storing, tasks = Storing(), Tasks()
    showing = Showing(storing.write, lambda: NOON, tasks)

    for number in range(AT_ONCE + 5):
        showing.now(a_run(number), {"phase": "Pending"})
    await the_loop_has_turned()
    at_first = len(storing.begun)
    storing.go.set()
    await the_loop_has_turned()

    assert (at_first, len(storing.begun)) == (AT_ONCE, AT_ONCE + 5)
    await tasks.close()


async def test_an_end_is_stored_at_once_however_many_wait_to_be_shown() -> None:
    storing, tasks = Storing(), Tasks()
    showing = Showing(storing.write, lambda: NOON, tasks)
    runs = [a_run(number) for number in range(AT_ONCE + 5)]
    for run in runs:
        showing.now(run, {"phase": "Pending"})

    ending = asyncio.create_task(showing.end(runs[-1], {"phase": "Succeeded"}))
    await the_loop_has_turned()

    assert storing.begun[-1] == (runs[-1].uid, {"phase": "Succeeded"})
    storing.go.set()
    await ending
    assert [made for uid, made in storing.begun if uid == runs[-1].uid] == [{"phase": "Succeeded"}]
    await tasks.close()


async def test_the_newest_of_a_run_that_waits_is_what_is_shown() -> None:
    storing, tasks = Storing(), Tasks()
    showing = Showing(storing.write, lambda: NOON, tasks)
    runs = [a_run(number) for number in range(AT_ONCE + 1)]
    for run in runs:
        showing.now(run, {"phase": "Pending"})

    showing.now(runs[-1], {"phase": "Retrying"})
    storing.go.set()
    await the_loop_has_turned()

    assert storing.begun[-1] == (runs[-1].uid, {"phase": "Retrying"})
    await tasks.close()


async def test_after_closing_nothing_that_waits_is_shown() -> None:
    storing, tasks = Storing(), Tasks()
    showing = Showing(storing.write, lambda: NOON, tasks)
    for number in range(AT_ONCE + 5):
        showing.now(a_run(number), {"phase": "Pending"})

    showing.close()
    storing.go.set()
    await the_loop_has_turned()

    assert len(storing.begun) == AT_ONCE
    await tasks.close()
