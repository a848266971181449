"""Workflows of departments: an event by number, steps added one by one, texts in Scriban."""

from typing import Any

import orjson

from sluice_core.catalog import CATALOG, aliases
from sluice_gateway.forms import scriban, steps
from sluice_gateway.forms.made import Made, Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.problems import Fault

RETRIES, MOST_RETRIES = 3, 5
BACKOFF_SECONDS = 5
TEMPLATE_CHARACTERS = 64 * 1024
EVENT = "event"
PAYLOAD = "inputs"
TEXT_OF = {
    "email.send": "html", "sms.send": "text", "teams.send": "text", "slack.send": "text",
    "discord.send": "text", "http.get": "", "http.delete": "", "http.post": "body",
    "http.put": "body", "ftp.upload": "content", "sftp.upload": "content", "s3.upload": "body",
    "azureblob.upload": "body", "box.upload": "body", "dropbox.upload": "body",
}  # fmt: skip
"""Where the rendered template of a step goes: a field of the action, or nowhere."""


def convert(fields: Fields, around: Surroundings) -> Made:
    """The workflow without its steps, which this form adds later."""
    remarks: list[Remark] = []
    spec: dict[str, Any] = {
        "title": fields.text("Name", required=True),
        "state": "Paused" if fields.flag("IsEnabled") is False else "Active",
        "triggers": [{"name": EVENT, EVENT: {"type": _event_type(fields, around)}}],
        "settings": {"retry": _retry(fields, remarks)},
    }
    if description := fields.text("Description", longest=1000):
        spec["description"] = description
    fields.close()
    return Made(form="Departments", spec=spec, remarks=tuple(remarks))


def _event_type(fields: Fields, around: Surroundings) -> str:
    number = fields.whole("TriggerEventType", high=10_000)
    if number is None:
        if not fields.faults:
            fields.fault("TriggerEventType", "is required, the number of an event type")
        return "unknown"
    found = around.event_types.get(number)
    if found is None:
        most = max(around.event_types, default=0)
        fields.fault("TriggerEventType", f"{number} is no event type; they go from 0 to {most}")
    return found or "unknown"


def _retry(fields: Fields, remarks: list[Remark]) -> dict[str, int]:
    place = fields.at("MaxRetryCount")
    wanted = fields.whole("MaxRetryCount", high=1_000_000)
    if wanted is not None and wanted > MOST_RETRIES:
        message = f"{wanted} retries are more than {MOST_RETRIES}, which is what is kept"
        remarks.append(Remark("Clamped", place, message))
    backoff = fields.whole("RetryBackoffBaseSeconds", high=3600)
    return {
        "limit": RETRIES if wanted is None else min(wanted, MOST_RETRIES),
        "backoffSeconds": BACKOFF_SECONDS if backoff is None else backoff,
    }


def step(fields: Fields, around: Surroundings, remarks: list[Remark]) -> tuple[int, dict[str, Any]]:
    """A step and its place in the order; its name tells the place, so that a tie can be seen."""
    order = fields.whole("StepOrder", low=0, high=100_000)
    if order is None and not fields.faults:
        fields.fault("StepOrder", "is required, the step's place in the order")
    action = _action(fields, around)
    given = _config(fields, action)
    text = fields.text("OutputTemplate", longest=TEMPLATE_CHARACTERS, required=True)
    enabled = fields.flag("IsEnabled")
    credential = fields.label("WorkflowCredentialId")
    field = TEXT_OF.get(action or "", "text")
    if field in given:
        fields.fault("ActionConfig", f"{field}: OutputTemplate gives it, so leave it out here")
    if not field and text is not None:
        message = f"{action} sends no text: it is left out"
        remarks.append(Remark("NotSent", fields.at("OutputTemplate"), message))
    made: dict[str, Any] = {
        "name": f"step_{order or 0}",
        "action": action or "",
        "with": given | _text(fields, field, text),
    }
    made |= steps.credential(fields, credential, remarks)
    if enabled is False:
        made["enabled"] = False
    fields.close()
    return order or 0, made


def _action(fields: Fields, around: Surroundings) -> str | None:
    value = fields.peek("ActionType")
    if isinstance(value, str):
        return steps.action(fields, "ActionType", around=around)
    number = fields.whole("ActionType", high=len(aliases.NUMBERED) - 1)
    if number is None and not fields.faults:
        fields.fault("ActionType", "is required, the number of an action")
    return None if number is None else aliases.NUMBERED[number]


def _config(fields: Fields, action: str | None) -> dict[str, Any]:
    """JSON in a text; the texts in it are templates as well."""
    place, source = fields.at("ActionConfig"), fields.text("ActionConfig", longest=1 << 20)
    if source is None:
        return {}
    try:
        value = orjson.loads(source)
    except orjson.JSONDecodeError as error:
        fields.fault("ActionConfig", f"is not JSON: {error}")
        return {}
    if not isinstance(value, dict):
        fields.fault("ActionConfig", "must be an object, written as JSON")
        return {}
    known = _parameters(action)
    made: dict[str, Any] = {}
    for name, inner in value.items():
        ours = known.get(_plain(name), name[:1].lower() + name[1:])
        if ours in made:
            fields.faults.append(Fault(f"{place}.{name}", f"{ours} is there twice"))
        made[ours] = _translated(fields, f"{place}.{name}", inner)
    return made


def _parameters(action: str | None) -> dict[str, str]:
    """The fields of an action however they are spelt: `CC`, `Cc` and `cc` are one."""
    if action is None or action not in CATALOG:
        return {}
    fields = CATALOG[action].params.model_fields.items()
    spelt = [one.alias or name for name, one in fields]
    return {_plain(name): name for name in spelt}


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _text(fields: Fields, field: str, text: str | None) -> dict[str, Any]:
    if text is None or not field:
        return {}
    return {field: _translated(fields, fields.at("OutputTemplate"), text)}


def _translated(fields: Fields, place: str, value: Any) -> Any:
    match value:
        case str():
            try:
                return scriban.translated(value, PAYLOAD)
            except scriban.Untranslatable as error:
                fields.faults.append(Fault(place, str(error)))
                return value
        case dict():
            return {k: _translated(fields, f"{place}.{k}", v) for k, v in value.items()}
        case list():
            return [_translated(fields, f"{place}[{n}]", v) for n, v in enumerate(value)]
        case _:
            return value
