"""Notifications: who gets what, what comes of an attempt, what the next leader goes on with."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice_core import wire
from sluice_core.api.workflow import Notification
from sluice_operator.run import letters
from sluice_operator.run.letters import Letter
from sluice_operator.run.observed import read
from testkit.dispatching import NOON, a_manifest

FAILED = {
    "phase": "Failed",
    "completionTime": "2026-01-31T11:59:00.000Z",
    "durationMs": 5,
    "conditions": [
        {"type": "Succeeded", "status": "False", "reason": "StepFailed", "message": "no"}
    ],
    "steps": [
        {
            "name": "load",
            "phase": "Failed",
            "startTime": "2026-01-31T11:58:59.000Z",
            "durationMs": 1000,
            "attempts": 3,
            "error": {"failure": "Timeout", "reason": "Timeout", "message": "too long"},
        }
    ],
}
RUN = read(a_manifest(status=FAILED))
OPS = Notification(
    url="https://user:pw@ops.example/hook?token=s3cret",
    events=("workflows.run.failed", "workflows.step.failed"),
    secret_key="ops",
)
ALL = Notification(url="https://all.example/", events=("workflows.run.started",))


def a_letter(**fields: Any) -> Letter:
    told = letters.ended(RUN, FAILED)
    assert told is not None
    [made] = letters.addressed(told, [OPS, ALL], NOON)
    return Letter(**{**made.__dict__, **fields})


def test_a_receiver_gets_what_it_asks_for_and_the_status_shows_no_secret_of_its_url() -> None:
    letter = a_letter()

    assert json.loads(letter.text) == {
        "type": "workflows.run.failed",
        "timestamp": "2026-01-31T11:59:00.000Z",
        "data": {
            "run": "run-1",
            "workflow": "etl",
            "namespace": "shop",
            "trigger": {},
            "attempt": 1,
            "completionTime": "2026-01-31T11:59:00.000Z",
            "durationMs": 5,
            "phase": "Failed",
            "reason": "StepFailed",
            "message": "no",
        },
    }
    assert letter.shown == {
        "id": letter.id,
        "url": "https://ops.example/hook",
        "event": "workflows.run.failed",
        "startTime": "2026-01-31T12:00:00.000Z",
        "state": "Pending",
        "attempts": 0,
        "nextTime": "2026-01-31T12:00:00.000Z",
    }
    assert len(letter.id) <= 64


def test_the_next_leader_makes_the_same_letter_of_the_status() -> None:
    letter = a_letter(attempts=2, message="503")

    [again] = letters.stored(RUN, FAILED | {"notifications": [letter.shown]})

    assert again == letter
    assert letters.receiver(again, [ALL, OPS]) is OPS
    assert letters.receiver(again, [ALL]) is None


def test_a_step_that_failed_is_told_again_of_what_the_status_shows() -> None:
    step = wire.StepFinished.model_validate(
        {
            **FAILED["steps"][0],  # type: ignore[dict-item, index]
            "step": "load",
            "started": round(datetime(2026, 1, 31, 11, 58, 59, tzinfo=UTC).timestamp() * 1000),
        }
    )
    [letter] = letters.addressed(letters.step_failed(RUN, step), [OPS], NOON, "load")

    [again] = letters.stored(RUN, FAILED | {"notifications": [letter.shown]})

    assert again == letter
    assert json.loads(again.text)["data"]["message"] == "too long"


SLOW = wire.Delivery(outcome="Again", message="503 busy", retry_after_seconds=120)
GONE = wire.Delivery(outcome="Refused", message="410")
OUTCOMES: dict[str, tuple[wire.Delivery, Letter, str, float | None]] = {
    "it arrived": (wire.Delivery(outcome="Delivered"), a_letter(), "Delivered", None),
    "it is not wanted": (
        wire.Delivery(outcome="Refused", message="410"),
        a_letter(),
        "Failed",
        None,
    ),
    "it may go better": (wire.Delivery(outcome="Again"), a_letter(), "Pending", 5),
    "it went wrong often": (wire.Delivery(outcome="Again"), a_letter(attempts=3), "Pending", 135),
    "the receiver says when": (SLOW, a_letter(), "Pending", 120),
    "the hour is over": (
        *(SLOW, a_letter(attempts=9, since=NOON - timedelta(minutes=59)), "Failed", None),
    ),
}


@pytest.mark.parametrize(("came", "letter", "state", "seconds"), OUTCOMES.values(), ids=OUTCOMES)
def test_what_comes_of_an_attempt(
    came: wire.Delivery, letter: Letter, state: str, seconds: float | None
) -> None:
    after = letters.after(letter, came, NOON, 0)

    assert (after.state, after.attempts) == (state, letter.attempts + 1)
    assert after.next == (None if seconds is None else NOON + timedelta(seconds=seconds))
    assert came.message in after.message


@given(
    st.lists(
        st.tuples(
            st.floats(0, 60),  # of the attempt
            st.none() | st.floats(0, 1e6, allow_nan=False),
            st.floats(0, 1, exclude_max=True),
        ),
        min_size=100,
        max_size=100,
    )
)
def test_nothing_is_tried_for_more_than_an_hour_nor_more_often_than_is_bearable(
    attempts: list[tuple[float, float | None, float]],
) -> None:
    letter, now, tries = a_letter(), NOON, 0

    for took, wanted, jitter in attempts:
        assert letter.next is not None
        now = max(now, letter.next)
        assert now <= letter.since + letters.FOR
        came = wire.Delivery(outcome="Again", message="no", retry_after_seconds=wanted)
        now += timedelta(seconds=took)
        letter, tries = letters.after(letter, came, now, jitter), tries + 1
        if letter.state != "Pending":
            break

    assert letter.state == "Failed"
    assert tries <= 16
    assert "given up after an hour" in letter.message
