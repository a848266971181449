"""Which events a trigger answers to: its type, values at dotted paths, and a filter in CEL.

A filter is an author's, and an event a stranger's. What one costs is linear in the size of the
event: comprehensions and regular expressions are refused, and expressions are short.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import JsonValue

from sluice_core import names

if TYPE_CHECKING:
    import cel  # a runner matches no events and does not have it

NAME = "event"
FILTER_CHARACTERS = 1024
EVENT_BYTES = 128 * 1024
MOST_HOPS = 8  # events that lead to a run, one from another
_MESSAGE_CHARACTERS = 300
_PROGRAMS = 2048
_TEXT = 253  # what a run's trigger.source and trigger.id take

_MACRO = re.compile(r"\b(all|exists|exists_one|existsOne|map|filter)(?:\s|//[^\n]*)*\(")
_OPERATOR = re.compile(r"[!-]?_.*|@in")
_FUNCTIONS = {
    *("bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"),
    *("contains", "endsWith", "size", "startsWith"),
    *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours"),
    *("getMilliseconds", "getMinutes", "getMonth", "getSeconds"),
}
_TYPES = {"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint"}


class Trigger(Protocol):
    """An event trigger; see sluice_core.api.triggers.Event."""

    @property
    def type(self) -> str:
        """Type of the events."""

    @property
    def match(self) -> Mapping[str, JsonValue]:
        """Values that they must have, by dotted path."""

    @property
    def filter(self) -> str | None:
        """CEL that must be true of them."""


class FilterError(ValueError):
    """A filter that cannot be meant; the message says why."""


class Match:
    """One event, held against many triggers; what the filters see is made once."""

    def __init__(self, event: Mapping[str, JsonValue]) -> None:
        self._event = event
        self._context: cel.Context | None = None

    def refusal(self, trigger: Trigger) -> str | None:
        """Why the trigger does not answer to the event; None when it does."""
        if trigger.type != self._event.get("type"):
            return f"it waits for {trigger.type}"
        for path, wanted in trigger.match.items():
            found, value = _at(self._event, path)
            if not found:
                return f"match: the event has no {path}"
            if not same(value, wanted):
                return f"match: {path} has another value"
        return self._filtered(trigger.filter) if trigger.filter is not None else None

    def _filtered(self, source: str) -> str | None:
        try:
            program = _compiled(source)
        except FilterError as error:
            return f"filter: {error}"
        if self._context is None:
            self._context = _context(self._event)
        try:
            result = program.execute(self._context)
        except Exception as error:  # noqa: BLE001 - the library raises what Python has for each kind
            return f"filter: {_told(error)}"
        if result is True:
            return None
        return "filter: it is false" if result is False else "filter: it is not true or false"


def run_name(workflow: str, uid: str, trigger: str, event: Mapping[str, Any]) -> str:
    """The one run that an event has with a trigger: its id counts within its source."""
    return names.keyed_run(workflow, uid, "Event", trigger, event["source"], event["id"])


def run_trigger(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What a run knows of the event that set it off, besides its data."""
    told = {field: str(event[field])[:_TEXT] for field in ("source", "id") if event.get(field)}
    told |= {"time": event["time"]} if event.get("time") else {}
    return {"type": "Event", "name": name, "event": event["type"], **told}


def brought(payload: JsonValue) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where a payload goes in a run: an object is its inputs, else it is kept in the trigger."""
    if isinstance(payload, dict):
        return payload, {}
    return {}, {"payload": payload}


def problem(source: str) -> str:
    """What is wrong with a filter; empty when it can be used."""
    try:
        _compiled(source)
    except FilterError as error:
        return str(error)
    return ""


def same(one: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: true is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def _at(value: Any, path: str) -> tuple[bool, JsonValue]:
    """Whether something is there, and what; numbers lead into lists."""
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return False, None
    return True, value


@lru_cache(maxsize=_PROGRAMS)
def _compiled(source: str) -> "cel.Program":
    """Raises FilterError."""
    import cel  # noqa: PLC0415 - see above

    if len(source) > FILTER_CHARACTERS:
        raise FilterError(f"it has more than {FILTER_CHARACTERS} characters")
    if macro := _MACRO.search(source):
        raise FilterError(f"{macro[1]}(…) is not available: a filter does not loop")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise FilterError(_told(error)) from error
    for name in program.variables():
        if name != NAME and name not in _TYPES:
            raise FilterError(f"there is no '{name}', a filter sees '{NAME}' alone")
    for name in program.functions():
        if name not in _FUNCTIONS and not _OPERATOR.fullmatch(name):
            raise FilterError(f"the function '{name}' is not available")
    return program


def _context(event: Mapping[str, JsonValue]) -> "cel.Context":
    import cel  # noqa: PLC0415 - see above

    return cel.Context(variables={NAME: dict(event)})


def _told(error: Exception) -> str:
    """The library's words, without its drawing of the place."""
    if isinstance(error, KeyError):
        return f"the event has no {error.args[0]}"
    first = str(error).partition("\n")[0].strip()
    place = re.search(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)", first)
    if place is not None:
        first = f"at {place[2]}: {place[3]}"
    return first[:_MESSAGE_CHARACTERS] or type(error).__name__
