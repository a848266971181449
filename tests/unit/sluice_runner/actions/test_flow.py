"""transform, condition, log, wait and fail, with a clock that only the sleeper moves."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue, ValidationError

from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import Context, Done, Level, StepFailed
from testkit.contexts import a_context

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Room:
    """A context without a network; sleeping moves its clock."""

    now: datetime = NOON
    slept: list[float] = field(default_factory=list)
    lines: list[tuple[Level, str]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def context(self) -> Context:
        return a_context(
            log=lambda level, message: self.lines.append((level, message)),
            now=lambda: self.now,
            sleep=self.sleep,
        )


async def run(name: str, room: Room, **given: JsonValue) -> Done:
    action = ACTIONS[name]
    return await action.run(action.type.params.model_validate(given), room.context())


@pytest.mark.parametrize("value", [None, 7, "text", ["a"], {"a": [1, 2]}])
async def test_transform_gives_its_template_with_its_type(value: JsonValue) -> None:
    done = await run("transform", Room(), template=value)

    assert done == Done(output=value)


TRUTHS: dict[str, tuple[JsonValue, bool]] = {
    "true": (True, True),
    "false": (False, False),
    "null": (None, False),
    "zero": (0, False),
    "a fraction of zero": (0.0, False),
    "another number": (-1, True),
    "an empty list": ([], False),
    "a list of nothing": ([None], True),
    "an empty object": ({}, False),
    "an object": ({"a": 0}, True),
    "empty text": ("", False),
    "blank text": (" \n", False),
    "text": ("orders", True),
    "the word false": ("false", False),
    "False, as a template writes it": ("False", False),
    "the word no": ("No", False),
    "the word off": ("off", False),
    "the digit 0": (" 0 ", False),
    "the word none, which is a word": ("none", True),
    "two zeros, which are text": ("00", True),
}


@pytest.mark.parametrize(("value", "answer"), TRUTHS.values(), ids=TRUTHS)
async def test_condition(value: JsonValue, answer: bool) -> None:
    done = await run("condition", Room(), **{"if": value})

    assert done == Done(output=answer, port="true" if answer else "false")


async def test_log_writes_a_line_and_gives_it_on() -> None:
    room = Room()

    done = await run("log", room, message="3 orders", level="warning")

    assert room.lines == [("warning", "3 orders")]
    assert done == Done(output="3 orders")


async def test_wait_sleeps_as_long_as_told() -> None:
    room = Room()

    await run("wait", room, seconds=2.5)

    assert room.slept == [2.5]


async def test_wait_until_a_time_looks_at_the_clock_again_and_ends_on_it() -> None:
    room = Room()

    await run("wait", room, until="2026-03-01T12:01:30Z")

    assert room.slept == [60, 30]
    assert room.now == NOON + timedelta(seconds=90)


async def test_wait_until_a_time_of_another_zone() -> None:
    room = Room()

    await run("wait", room, until="2026-03-01T13:00:10+01:00")

    assert room.slept == [10]


async def test_wait_until_the_past_goes_on_at_once() -> None:
    room = Room()

    await run("wait", room, until="2026-03-01T11:59:59Z")

    assert room.slept == []


async def test_wait_ends_at_once_when_it_is_cancelled() -> None:
    room = Room()
    context = a_context(now=lambda: room.now, sleep=asyncio.sleep)
    action = ACTIONS["wait"]
    waiting = asyncio.ensure_future(
        action.run(action.type.params.model_validate({"seconds": 86400}), context)
    )
    await asyncio.sleep(0)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 1)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"seconds": 1, "until": "2026-03-01T12:00:00Z"},
        {"until": "2026-03-01T12:00:00"},
        {"seconds": -1},
        {"seconds": 86_401},
    ],
)
async def test_wait_refuses(given: dict[str, JsonValue]) -> None:
    with pytest.raises(ValidationError):
        await run("wait", Room(), **given)


async def test_fail_fails_for_good_in_the_words_of_its_author() -> None:
    with pytest.raises(StepFailed) as caught:
        await run("fail", Room(), message="no orders today")

    failed = caught.value
    assert (failed.failure, failed.reason, failed.message, failed.retry_after_seconds) == (
        "Permanent",
        "Failed",
        "no orders today",
        None,
    )
