"""Types of events that are known by name, each with a sample of its data; any other type works too.

The numbered ones are those of dispatch departments, under the numbers that their programs use.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

RUN_STARTED = "workflows.run.started"
RUN_COMPLETED = "workflows.run.completed"
RUN_FAILED = "workflows.run.failed"
STEP_FAILED = "workflows.step.failed"
OF_RUNS = frozenset({RUN_STARTED, RUN_COMPLETED, RUN_FAILED, STEP_FAILED})
"""What Sluice tells of runs, and nobody else may say."""


class EventType(BaseModel):
    """A type of events. `sample` is the data of one, and shows which variables there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=253)]
    title: Annotated[str, Field(max_length=250)] = ""
    number: int | None = None
    sample: dict[str, JsonValue] = {}


def numbered(types: Iterable[EventType]) -> dict[int, str]:
    """The names of those that have a number."""
    return {one.number: one.name for one in types if one.number is not None}


class Variable(NamedTuple):
    """A dotted path into the data of an event, and what is there."""

    path: str
    type: str


def variables(sample: Mapping[str, JsonValue], above: str = "") -> Iterator[Variable]:
    """Every leaf of a sample; a list is one."""
    for name, value in sample.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and value:
            yield from variables(value, f"{path}.")
        else:
            yield Variable(path, _TYPES[type(value)])


_TYPES = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
    type(None): "null",
}

_TIME = "2026-01-15T09:30:00Z"
_PERSON: dict[str, JsonValue] = {
    "id": "17", "firstName": "Robin", "lastName": "Meyer", "email": "robin@example.org",
}  # fmt: skip
_CALL: dict[str, JsonValue] = {
    "id": "4711", "number": "26-4711", "name": "Smoke in a stairwell", "nature": "Smoke",
    "priority": "High", "address": "12 Mill Lane", "notes": "", "loggedOn": _TIME,
}  # fmt: skip
_UNIT: dict[str, JsonValue] = {"id": "3", "name": "Engine 3", "type": "Engine", "station": "North"}
_GROUP: dict[str, JsonValue] = {"id": "5", "name": "North", "type": "Station"}
_SHIFT: dict[str, JsonValue] = {
    "id": "8", "name": "B", "start": _TIME, "end": "2026-01-15T21:30:00Z",
}  # fmt: skip
_CALENDAR: dict[str, JsonValue] = {
    "id": "21", "title": "Hose drill", "start": _TIME, "end": "2026-01-15T11:30:00Z",
    "location": "Yard",
}  # fmt: skip
_TRADE: dict[str, JsonValue] = {"id": "2", "shift": _SHIFT, "note": "A wedding"}
_TRAINING: dict[str, JsonValue] = {"id": "9", "name": "Ladders", "dueOn": "2026-03-01T00:00:00Z"}


def _change(field: str, before: str, after: str) -> dict[str, JsonValue]:
    return {"changedOn": _TIME, f"old{field}": before, f"new{field}": after}


_DISPATCH: tuple[tuple[str, str, dict[str, JsonValue]], ...] = (
    ("CallAdded", "A call was created", {"call": _CALL}),
    ("CallUpdated", "A call was changed", {"call": _CALL}),
    ("CallClosed", "A call was closed", {"call": {**_CALL, "closedOn": _TIME}}),
    ("UnitStatusChanged", "A unit has another status",
     {"unit": _UNIT, **_change("Status", "Available", "Responding")}),
    ("PersonnelStaffingChanged", "Someone has another staffing level",
     {"person": _PERSON, **_change("Staffing", "Unavailable", "Available")}),
    ("PersonnelStatusChanged", "Someone has another status",
     {"person": _PERSON, **_change("Status", "Standing by", "On scene")}),
    ("UserCreated", "Someone was added", {"person": _PERSON}),
    ("UserAssignedToGroup", "Someone joined a group", {"person": _PERSON, "group": _GROUP}),
    ("DocumentAdded", "A document was added",
     {"document": {"id": "30", "name": "Hydrants.pdf", "type": "application/pdf"}}),
    ("NoteAdded", "A note was written",
     {"note": {"id": "31", "title": "Gate code", "body": "Ask the desk"}, "author": _PERSON}),
    ("UnitAdded", "A unit was added", {"unit": _UNIT}),
    ("LogAdded", "A log entry was written",
     {"log": {"id": "32", "type": "Work", "narrative": "Checked the pumps", "loggedOn": _TIME}}),
    ("CalendarEventAdded", "A date was added to the calendar", {"event": _CALENDAR}),
    ("CalendarEventUpdated", "A date in the calendar was changed", {"event": _CALENDAR}),
    ("ShiftCreated", "A shift was created", {"shift": _SHIFT}),
    ("ShiftUpdated", "A shift was changed", {"shift": _SHIFT}),
    ("ResourceOrderAdded", "Resources were ordered",
     {"order": {"id": "33", "title": "Foam", "quantity": 12, "neededBy": _TIME}}),
    ("ShiftTradeRequested", "Someone asks to trade a shift", {"trade": _TRADE, "person": _PERSON}),
    ("ShiftTradeFilled", "A shift trade was accepted",
     {"trade": _TRADE, "person": _PERSON, "filledBy": {**_PERSON, "id": "18"}}),
    ("MessageSent", "A message was sent",
     {"message": {"id": "34", "subject": "Road closed", "body": "Use Mill Lane"},
      "sender": _PERSON}),
    ("TrainingAdded", "A training was created", {"training": _TRAINING}),
    ("TrainingUpdated", "A training was changed", {"training": _TRAINING}),
    ("InventoryAdjusted", "The quantity of an item changed",
     {"item": {"id": "35", "name": "Gloves"}, "oldQuantity": 40, "newQuantity": 28}),
    ("CertificationExpiring", "A certification runs out soon",
     {"certification": {"name": "EMT-B", "number": "77-1", "expiresOn": _TIME, "daysLeft": 30},
      "person": _PERSON}),
    ("FormSubmitted", "A form was submitted",
     {"form": {"id": "36", "name": "Vehicle check"}, "fields": {"fuel": "full"},
      "person": _PERSON}),
    ("PersonnelRoleChanged", "Someone has another role",
     {"person": _PERSON, "role": {"id": "6", "name": "Driver"}, "action": "added"}),
    ("GroupAdded", "A group was created", {"group": _GROUP}),
    ("GroupUpdated", "A group was changed", {"group": _GROUP}),
)  # fmt: skip

_DOCUMENT: dict[str, JsonValue] = {
    "document_id": "doc-1", "name": "invoice.pdf", "file_type": "pdf", "pages": 3,
    "knowledge_base_id": "kb-1",
}  # fmt: skip
_PLATFORM: tuple[tuple[str, str, dict[str, JsonValue]], ...] = (
    ("document.uploaded", "A document was uploaded", _DOCUMENT),
    ("document.processed", "A document is processed", {**_DOCUMENT, "characters": 5120}),
    ("extraction.completed", "An extraction is finished",
     {"document_id": "doc-1", "schema_id": "invoice-schema", "fields": {"total": 12.5}}),
    ("chat.message", "A message came in a chat",
     {"conversation_id": "c-1", "message_id": "m-1", "text": "Where is my order?", "user": "u-1"}),
)  # fmt: skip

_RUN: dict[str, JsonValue] = {
    "run": "daily-etl-0a1b2c3d4e5f", "workflow": "daily-etl", "namespace": "shop",
    "trigger": {"type": "Schedule", "name": "nightly"}, "attempt": 1, "startTime": _TIME,
}  # fmt: skip
_ENDED: dict[str, JsonValue] = {
    **_RUN, "phase": "Succeeded", "reason": "Succeeded", "message": "", "durationMs": 1830,
    "completionTime": _TIME, "output": {"rows": 3},
}  # fmt: skip
_FAILED: dict[str, JsonValue] = {
    **_ENDED, "phase": "Failed", "reason": "StepFailed", "message": "step load: no such bucket",
    "output": None,
}  # fmt: skip
_RUNS: tuple[tuple[str, str, dict[str, JsonValue]], ...] = (
    (RUN_STARTED, "A run begins", _RUN),
    (RUN_COMPLETED, "A run has ended well", _ENDED),
    (RUN_FAILED, "A run has failed", _FAILED),
    (STEP_FAILED, "A step of a run has failed",
     {**_RUN, "step": "load", "failure": "Permanent", "reason": "NoSuchBucket",
      "message": "there is no bucket lake", "attempts": 4}),
)  # fmt: skip

KNOWN: tuple[EventType, ...] = (
    *(
        EventType(name=name, title=title, number=number, sample=sample)
        for number, (name, title, sample) in enumerate(_DISPATCH)
    ),
    *(
        EventType(name=name, title=title, sample=sample)
        for name, title, sample in (*_PLATFORM, *_RUNS)
    ),
)
