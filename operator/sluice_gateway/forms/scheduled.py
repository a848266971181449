"""A schedule as other products write it: a text, an object, or fields beside each other."""

from typing import Any

from sluice_core import cron as crons
from sluice_gateway.forms.reading import Fields

NAME = "schedule"
"""The trigger that `…/schedule` of the REST API is about."""


def trigger(fields: Fields) -> dict[str, Any] | None:
    """From `schedule`, or from `cron_expression` and `timezone`; None where there is none."""
    whole = fields.take("schedule") if _is_text(fields) else None
    inner = None if whole is not None else fields.inner("schedule")
    found = of_fields(inner if inner is not None else fields, whole)
    if inner is not None:
        inner.close()
    return found


def of_fields(fields: Fields, cron: str | None = None) -> dict[str, Any] | None:
    """A trigger by the clock, from the fields of one object."""
    if cron is not None and fields.has("cron_expression", "cron"):
        fields.fault("schedule", "is given twice, also as cron_expression")
    place = next((name for name in ("cron_expression", "cron") if fields.has(name)), "schedule")
    cron = cron or fields.text("cron_expression", "cron", longest=128)
    zone = fields.text("timezone", longest=64)
    enabled = fields.flag("enabled") if place != "schedule" and fields.path else None
    if cron is None:
        return None
    if problem := crons.problem(cron):
        fields.fault(place, f"'{cron}': {problem}", "five fields, such as 0 9 * * 1-5")
    made: dict[str, Any] = {"cron": cron, "timeZone": zone or "UTC"}
    return {"name": NAME, NAME: made} | ({} if enabled is None else {"enabled": enabled})


def _is_text(fields: Fields) -> bool:
    return isinstance(fields.peek("schedule"), str)
