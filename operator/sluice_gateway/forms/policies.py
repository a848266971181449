"""A lifecycle policy as callers write it."""

from typing import Any

from sluice_gateway.forms.reading import Fields

KINDS = {
    "always-on": "AlwaysOn",
    "idle-shutdown": "IdleShutdown",
    "on-demand": "OnDemand",
    "scheduled-window": "ScheduledWindow",
}
OUTSIDE = {"queue": "Queue", "reject": "Reject"}


def read(fields: Fields) -> dict[str, Any]:
    """The spec's `lifecycle`; faults are left in `fields`."""
    kind = fields.word("type", among=KINDS)
    if kind is None and not fields.faults:
        fields.fault("type", "is required", ", ".join(KINDS))
    made: dict[str, Any] = {"policy": kind}
    minutes = fields.whole("idleTimeoutMinutes", low=5, high=1440)
    if minutes is not None:
        made["idleTimeoutMinutes"] = minutes
    schedule = fields.inner("schedule")
    if schedule is not None:
        made["window"] = _window(schedule)
    elif kind == "ScheduledWindow":
        fields.fault("schedule", "is required for scheduled-window")
    fields.close()
    return made


def _window(schedule: Fields) -> dict[str, Any]:
    window: dict[str, Any] = {"timeZone": schedule.text("timezone", longest=64) or "UTC"}
    if (outside := schedule.word("outside", among=OUTSIDE)) is not None:
        window["outside"] = outside
    window["windows"] = []
    for one in schedule.each("windows"):
        window["windows"].append(
            {
                "days": list(one.items("days")),
                "startTime": one.text("startTime", longest=5, required=True),
                "endTime": one.text("endTime", longest=5, required=True),
            }
        )
        one.close()
    schedule.close()
    return window
