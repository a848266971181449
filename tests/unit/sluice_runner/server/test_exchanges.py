"""The server answers as recorded: change a recording, and an older release is misunderstood."""

from pathlib import Path
from typing import get_args

import orjson
import pytest

from sluice_core import wire
from sluice_runner.server.journal import Journal, Record
from testkit import exchanges, runner_server
from testkit.exchanges import Exchange
from testkit.runner_server import RunnerServer, endless

RECORDED = exchanges.everything()


async def replay(server: RunnerServer, exchange: Exchange) -> tuple[int, object]:
    body = b"" if exchange.body is None else orjson.dumps(exchange.body)
    code, answer = await server.send(exchange.method, exchange.path, body)
    return code, orjson.loads(answer) if answer else None


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.sentence)
async def test_the_answer_is_the_recorded_one(tmp_path: Path, exchange: Exchange) -> None:
    async with runner_server.running(tmp_path, endless, slots=1) as server:
        for name in exchange.given:
            await replay(server, exchanges.read(name))

        answered = await replay(server, exchange)

        assert answered == (exchange.status, exchange.answer)


def test_the_recorded_events_are_written_as_recorded() -> None:
    recorded = exchanges.events()
    times = iter([event.time for event in recorded])
    journal = Journal(recorded[0].id - 1, lambda: next(times))
    records = {event.uid: Record(event.uid, event.attempt) for event in recorded}

    for event in recorded:
        journal.append(records[event.uid], event.what)

    written = [line for _, line in journal.since(0)]
    assert [line.rstrip() for line in written] == [line for line in exchanges.event_lines() if line]


def test_each_kind_of_event_is_recorded() -> None:
    union, _ = get_args(wire.Happening)
    kinds = {kind.model_fields["type"].default for kind in get_args(union)}

    assert {event.what.type for event in exchanges.events()} == kinds


def test_a_field_of_a_later_release_is_ignored() -> None:
    line = next(line for line in exchanges.event_lines() if b"step.finished" in line)
    later = orjson.loads(line)
    later["cluster"] = "eu-1"
    later["what"]["cost"] = {"tokens": 5}

    assert wire.Event.model_validate(later) == wire.Event.model_validate_json(line)


def test_the_recorded_child_run_is_what_the_contract_says_of_both_its_sides() -> None:
    [asked] = [event.what for event in exchanges.events() if event.what.type == "request"]
    reply = exchanges.read("reply").body

    assert wire.ChildRun.model_validate(asked.body).model_dump(by_alias=True) == asked.body
    outcome = wire.ChildOutcome.model_validate(reply["value"])
    assert outcome.model_dump(by_alias=True) == reply["value"]
    assert wire.Reply.model_validate(reply).request == asked.request
