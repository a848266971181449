"""Workflows of business steps: an ordered list, by the clock or by hand."""

from typing import Any

from sluice_core import edges
from sluice_core.catalog import CATALOG
from sluice_gateway.forms import scheduled, steps
from sluice_gateway.forms.made import Made, Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings

STATES = {"active": "Active", "paused": "Paused"}
VISIBILITIES = {"private": "Private", "tenant": "Tenant", "shared": "Shared"}
BETWEEN_RUNS_SECONDS = 30
LONGEST_NAME, LONGEST_DESCRIPTION = 120, 500
HTTP = ("HttpBearer", "HttpBasic", "HttpApiKey")
SUMMARIES = ("-summary", "-digest")


def convert(fields: Fields, around: Surroundings) -> Made:
    """Faults are left in `fields`."""
    spec: dict[str, Any] = {
        "title": fields.text("name", longest=LONGEST_NAME, required=True),
        "state": fields.word("status", among=STATES) or "Active",
        "concurrency": {"minIntervalSeconds": BETWEEN_RUNS_SECONDS},
        "triggers": _triggers(fields),
    }
    if description := fields.text("description", longest=LONGEST_DESCRIPTION):
        spec["description"] = description
    spec["sharing"] = {
        "visibility": fields.word("visibility", among=VISIBILITIES) or "Tenant",
        "users": list(fields.texts("shared_user_ids")),
        "groups": list(fields.texts("shared_role_ids")),
    }
    remarks: list[Remark] = []
    spec["steps"] = _steps(fields, around, remarks)
    fields.close()
    return Made(form="Business", spec=spec, remarks=tuple(remarks))


def _triggers(fields: Fields) -> list[dict[str, Any]]:
    by_clock = fields.word("trigger_type", among={"schedule": True, "manual": False})
    made = scheduled.trigger(fields)
    if by_clock is False:
        if made is not None:
            fields.fault("trigger_type", "manual has no schedule: remove it, or say schedule")
        return []
    if made is None:
        fields.fault("cron_expression", "is required where trigger_type is schedule")
        return []
    return [made]


def _steps(fields: Fields, around: Surroundings, remarks: list[Remark]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for one in fields.each("steps"):
        action = steps.action(one, "step_type", "type", around=around)
        given = one.mapping("step_config", "config")
        named = given.pop("credential", None)
        one.close()
        if action is None:
            continue
        step: dict[str, Any] = {
            "name": steps.step_name(action.replace(".", "_"), (it["name"] for it in made)),
            "action": action,
            "with": steps.config(one, action, given),
        }
        if named is None:
            named = _assumed(action, one.path, around, remarks)
        step |= steps.credential(one, named, remarks)
        if action == "email.send" and made:
            _take_summary(step, made[-1])
        made.append(step)
    if not made and not fields.faults:
        fields.fault("steps", "at least one step is required")
    return steps.chained(made)


def _assumed(action: str, path: str, around: Surroundings, remarks: list[Remark]) -> str | None:
    """This form names none: the only one there is of those that fit, or one of a usual name."""
    kinds: tuple[str, ...]
    if action == "email.send":
        kinds, name = ("Smtp",), "smtp"
    elif action in around.actions - CATALOG.keys():
        kinds, name = HTTP, "business"
    else:
        return None
    fitting = [one for one, kind in around.credentials.items() if kind in kinds]
    chosen = fitting[0] if len(fitting) == 1 else name
    message = f"{action} goes with the credential {chosen}; another: step_config.credential"
    remarks.append(Remark("CredentialAssumed", path, message))
    return chosen


def _take_summary(step: dict[str, Any], before: dict[str, Any]) -> None:
    """A mail without a body says what the summary before it has found."""
    if {"text", "html"} & step["with"].keys() or not before["action"].endswith(SUMMARIES):
        return
    step["with"]["text"] = f"{{{{ steps.{edges.alias(before['name'])}.output.text }}}}"
