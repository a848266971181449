"""Recorded exchanges of the contract, which both sides are tested against: see testkit/wire/."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sluice_core import wire

_FOLDER = Path(__file__).parent / "wire"


@dataclass(frozen=True)
class Exchange:
    """A request, the exchanges that went before it, and the answer; bodies are JSON values."""

    name: str
    sentence: str
    given: tuple[str, ...]
    method: str
    path: str
    body: Any
    status: int
    answer: Any


def read(name: str) -> Exchange:
    """One exchange by the name of its file."""
    said = orjson.loads((_FOLDER / f"{name}.json").read_bytes())
    request, answer = said["request"], said["answer"]
    return Exchange(
        name=name,
        sentence=said["sentence"],
        given=tuple(said["given"]),
        method=request["method"],
        path=request["path"],
        body=request["body"],
        status=answer["status"],
        answer=answer["body"],
    )


def everything() -> list[Exchange]:
    """All of them, by name."""
    return [read(path.stem) for path in sorted(_FOLDER.glob("*.json"))]


def event_lines() -> list[bytes]:
    """A recorded event stream with each kind of event, and a heartbeat."""
    return (_FOLDER / "events.ndjson").read_bytes().splitlines()


def events() -> list[wire.Event]:
    """The same, read."""
    return [wire.Event.model_validate_json(line) for line in event_lines() if line]
