"""Notifications about runs: what is due to whom, and when it is tried again.

Reads no clock, calls no API. How far a notification is lies in the run's status; the event that it
tells is made of that status too, so that the next leader can go on with it.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from sluice_core import event_types, plain, record, wire
from sluice_core.api.workflow import Notification
from sluice_operator.run import event_runs
from sluice_operator.run.observed import Run

MOST = 80  # entries of status.notifications
FOR = timedelta(hours=1)  # how long it is tried
FIRST, FACTOR, LONGEST = 5.0, 3, 600.0  # seconds between attempts
MESSAGE = 1000
ENDS = (event_types.RUN_COMPLETED, event_types.RUN_FAILED)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One notification to one receiver, whose URL may be secret in part; `body` is compressed."""

    id: str
    url: str
    event: str
    body: bytes
    since: datetime
    step: str | None = None
    state: str = "Pending"
    attempts: int = 0
    next: datetime | None = None
    message: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """The entry of the status."""
        made: dict[str, Any] = {
            "id": self.id,
            "url": self.url,
            "event": self.event,
            "step": self.step,
            "startTime": _time(self.since),
            "state": self.state,
            "attempts": self.attempts,
            "nextTime": _time(self.next) if self.next else None,
            "message": self.message or None,
        }
        return {name: value for name, value in made.items() if value is not None}

    @property
    def text(self) -> str:
        """The body as it is sent."""
        return zlib.decompress(self.body).decode()


class Told(NamedTuple):
    """An event and when it happened."""

    event: Mapping[str, Any]
    at: datetime


def addressed(
    told: Told, notifications: Iterable[Notification], now: datetime, step: str | None = None
) -> Iterator[Letter]:
    """A letter to each receiver that wants the event, due at once."""
    body = _body(told)
    for one in notifications:
        if told.event["type"] in one.events:
            yield Letter(
                id=_id(told.event["id"], one.url),
                url=_public(one.url),
                event=told.event["type"],
                step=step,
                body=body,
                since=now,
                next=now,
            )


def stored(run: Run, status: Mapping[str, Any]) -> Iterator[Letter]:
    """What an earlier leader has written of notifications, with the bodies of what is due."""
    for entry in status.get("notifications", ()):
        told = _again(run, status, entry) if entry["state"] == "Pending" else None
        yield Letter(
            id=entry["id"],
            url=entry["url"],
            event=entry["event"],
            step=entry.get("step"),
            body=_body(told) if told else b"",
            since=datetime.fromisoformat(entry.get("startTime") or run.created),
            state=entry["state"],
            attempts=entry.get("attempts", 0),
            next=datetime.fromisoformat(entry["nextTime"]) if "nextTime" in entry else None,
            message=entry.get("message", ""),
        )


def receiver(letter: Letter, notifications: Iterable[Notification]) -> Notification | None:
    """The notification of the workflow that the letter is of, unless it is not there any more."""
    wanted = mark(letter)
    for one in notifications:
        if letter.event in one.events and _mark(one.url) == wanted:
            return one
    return None


def mark(letter: Letter) -> str:
    """Tells its receiver from others."""
    return letter.id.rpartition("_")[2]


def after(letter: Letter, came: wire.Delivery, now: datetime, jitter: float) -> Letter:
    """The letter after an attempt; `jitter` in [0, 1) spreads those that failed together."""
    tried = replace(letter, attempts=letter.attempts + 1, next=None, message="")
    said = plain.cut(came.message, MESSAGE)
    if came.outcome == "Delivered":
        return replace(tried, state="Delivered", body=b"")
    if came.outcome == "Refused":
        return replace(tried, state="Failed", message=said, body=b"")
    following = now + timedelta(seconds=pause(letter.attempts, came.retry_after_seconds, jitter))
    if following > letter.since + FOR:
        over = plain.cut(f"given up after an hour, at last: {came.message}", MESSAGE)
        return replace(tried, state="Failed", message=over, body=b"")
    return replace(tried, next=following, message=said)


def pause(attempts: int, wanted: float | None, jitter: float) -> float:
    """Seconds until the next attempt, after so many that came before the last one."""
    usual: float = min(LONGEST, FIRST * FACTOR ** min(attempts, 10)) * (1 - 0.2 * jitter)
    return max(usual, wanted or 0.0)


def begun(run: Run) -> Told:
    """A runner works on it for the first time."""
    return Told(event_runs.begun(run), _at(run.record.started, run))


def ended(run: Run, status: Mapping[str, Any]) -> Told | None:
    """It is over, as that status has it."""
    event = event_runs.ended(run, status)
    time = status.get("completionTime")
    return Told(event, datetime.fromisoformat(time or run.created)) if event else None


def step_failed(run: Run, step: wire.StepFinished) -> Told:
    """A step has failed for good."""
    return Told(event_runs.step_failed(run, step), _at(round(step.started + step.duration_ms), run))


def _again(run: Run, status: Mapping[str, Any], entry: Mapping[str, Any]) -> Told | None:
    if entry["event"] in ENDS:
        return ended(run, status)
    if entry["event"] == event_types.RUN_STARTED:
        return begun(run)
    name = entry.get("step") or ""
    shown = {one["name"]: one for one in status.get("steps", ())}
    return step_failed(run, _step(name, shown.get(name, {}), run))


def _step(name: str, shown: Mapping[str, Any], run: Run) -> wire.StepFinished:
    """As much of the failure as the status still shows; a further attempt may have begun."""
    started = shown.get("startTime") or run.created
    return wire.StepFinished(
        step=name,
        phase="Failed",
        attempts=shown.get("attempts", 1),
        started=record.milliseconds(started),
        duration_ms=shown.get("durationMs", 0),
        error=wire.StepError.model_validate({"reason": "Failed", **shown["error"]})
        if "error" in shown
        else None,
    )


def _body(told: Told) -> bytes:
    event = told.event
    payload = {"type": event["type"], "timestamp": _time(told.at), "data": event["data"]}
    return zlib.compress(orjson.dumps(payload))


def _id(event: str, url: str) -> str:
    """Tells the event and the receiver, without telling the URL."""
    return f"msg_{hashlib.sha256(event.encode()).hexdigest()[:24]}_{_mark(url)}"


def _mark(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def _public(url: str) -> str:
    """Without what may be secret; the API admits some that are none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(a URL that is not valid)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _at(milliseconds: int | None, run: Run) -> datetime:
    created = datetime.fromisoformat(run.created)
    if milliseconds is None:
        return created
    return datetime.fromtimestamp(milliseconds / 1000, created.tzinfo)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
