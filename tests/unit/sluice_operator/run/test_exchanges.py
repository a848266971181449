"""The recorded exchanges of the contract, read and written by the operator's side."""

from typing import Any

import orjson
import pytest

from sluice_core import wire
from testkit import exchanges
from testkit.exchanges import Exchange

RECORDED = exchanges.everything()
ASKED: dict[str, type[wire.Message]] = {
    wire.PATH_RUNS: wire.RunBatch,
    wire.PATH_ACKS: wire.AckBatch,
    "/cancel": wire.Cancel,
    "/replies": wire.Reply,
}
ANSWERED: dict[tuple[str, str], type[wire.Message]] = {
    ("GET", wire.PATH_RUNS): wire.Holdings,
    ("POST", wire.PATH_RUNS): wire.Answers,
    ("GET", wire.PATH_READY): wire.Readiness,
}


def _asked(exchange: Exchange) -> type[wire.Message] | None:
    return next((kind for end, kind in ASKED.items() if exchange.path.endswith(end)), None)


def _covers(written: Any, recorded: Any) -> bool:
    """Whether all that is recorded is there; a later release says more."""
    if isinstance(recorded, dict):
        return all(key in written and _covers(written[key], one) for key, one in recorded.items())
    if isinstance(recorded, list):
        return len(written) == len(recorded) and all(map(_covers, written, recorded))
    return bool(written == recorded)


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.sentence)
def test_what_is_asked_is_written_as_recorded(exchange: Exchange) -> None:
    kind = _asked(exchange)
    if exchange.method != "POST" or exchange.body is None or kind is None:
        assert exchange.method in ("GET", "PUT") or exchange.body is None
        return

    message = kind.model_validate(exchange.body)

    written = orjson.loads(message.model_dump_json(by_alias=True))
    assert _covers(written, exchange.body)


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda exchange: exchange.sentence)
def test_what_is_answered_is_understood(exchange: Exchange) -> None:
    if exchange.answer is None:
        return
    kind = ANSWERED.get((exchange.method, exchange.path), wire.Refusal)

    message = kind.model_validate(exchange.answer)

    assert _covers(message.model_dump(mode="json", by_alias=True), exchange.answer)


def test_the_recorded_stream_folds_into_a_record_of_each_run() -> None:
    events = exchanges.events()

    uids = {event.uid for event in events}
    last = {uid: [e.what.type for e in events if e.uid == uid][-1] for uid in uids}
    assert set(last.values()) == {"interrupted", "finished"}
