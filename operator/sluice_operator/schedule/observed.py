"""What decisions about schedules depend on: the triggers, and how far their times are done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sluice_core.api.triggers import Schedule
from sluice_core.api.workflow import Workflow

Mode = Literal["Fires", "Holds", "Off"]
OFF_STATES = ("Draft", "Archived")


class Times(NamedTuple):
    """Of one trigger: `next` is the first time that is not done with, `last` the last that was."""

    last: datetime | None = None
    next: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The schedules of a workflow, by the names of their triggers.

    A mode of Holds leaves times undone, to be made up for later; Off forgets them. `since` is set
    for a workflow that nobody has looked at before: then its times count from there.
    """

    namespace: str
    name: str
    uid: str
    mode: Mode
    schedules: Mapping[str, Schedule]
    disabled: frozenset[str] = field(default=frozenset())
    since: datetime | None = None


def read(workflow: Workflow, *, valid: bool) -> Seen:
    """What of a workflow is about time."""
    meta, spec = workflow.metadata, workflow.spec
    found = {one.name: one for one in spec.triggers if one.schedule is not None}
    is_new = workflow.status.observed_generation == 0
    return Seen(
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        mode=_mode(spec.state, spec.replicas, valid=valid),
        schedules={name: one.schedule for name, one in found.items() if one.schedule},
        disabled=frozenset(name for name, one in found.items() if not one.enabled),
        since=meta.creation_timestamp if is_new else None,
    )


def _mode(state: str, replicas: int, *, valid: bool) -> Mode:
    if state in OFF_STATES:
        return "Off"
    return "Fires" if state == "Active" and replicas and valid else "Holds"


def times(status: Mapping[str, Any]) -> dict[str, Times]:
    """How far the triggers are, as a status tells it."""
    return {
        one["name"]: Times(_time(one.get("lastTime")), _time(one.get("nextTime")))
        for one in status.get("triggers", ())
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
