"""Workflows on documents: a trigger with its configuration, and steps that parse, extract, send."""

from collections.abc import Iterator
from typing import Any

from sluice_core.finding import did_you_mean
from sluice_gateway.forms import scheduled, steps
from sluice_gateway.forms.made import Made, Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings

TRIGGERS = {name: name for name in ("manual", "scheduled", "webhook", "event")}
SENDS = {  # by a credential's type: the action, and where its text goes
    "Slack": ("slack.send", "text"),
    "MicrosoftTeams": ("teams.send", "text"),
    "Discord": ("discord.send", "text"),
    "Smtp": ("email.send", "text"),
    "Twilio": ("sms.send", "text"),
    "Webhook": ("http.post", "body"),
}
HOOK = "webhook"


def convert(fields: Fields, around: Surroundings) -> Made:
    """Faults are left in `fields`."""
    remarks: list[Remark] = []
    spec: dict[str, Any] = {
        "title": fields.text("name", required=True),
        "state": "Paused" if fields.flag("enabled") is False else "Active",
    }
    if description := fields.text("description", longest=1000):
        spec["description"] = description
    spec["triggers"], keys = _triggers(fields)
    names: dict[str, str] = {}
    definition = fields.inner("definition") or fields
    spec["steps"] = steps.chained(list(_steps(definition, around, names, remarks)))
    if definition is not fields:
        definition.close()
    fields.close()
    return Made(form="Documents", spec=spec, webhook_keys=keys, steps=names, remarks=tuple(remarks))


def _triggers(fields: Fields) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    kind = fields.word("trigger_type", "trigger", among=TRIGGERS) or "manual"
    config = fields.inner("trigger_config") or Fields({}, "trigger_config", fields.faults)
    made: dict[str, Any] | None = None
    keys: tuple[str, ...] = ()
    if kind == "scheduled":
        made = scheduled.of_fields(config, config.text("schedule", longest=128))
        if made is None:
            config.fault("cron_expression", "is required where trigger_type is scheduled")
    elif kind == "webhook":
        auth = {"type": "Bearer", "secretKey": HOOK}
        made, keys = {"name": HOOK, HOOK: {"auth": auth}}, (HOOK,)
    elif kind == "event":
        made = _event(config)
    config.close()
    return ([] if made is None else [made]), keys


def _event(config: Fields) -> dict[str, Any]:
    """Filters compare fields of the event's data."""
    wanted: dict[str, Any] = {"type": config.text("event", longest=253, required=True) or ""}
    filters = config.mapping("filters")
    if filters:
        wanted["match"] = {f"data.{name}": value for name, value in filters.items()}
    return {"name": "event", "event": wanted}


def _steps(
    fields: Fields, around: Surroundings, names: dict[str, str], remarks: list[Remark]
) -> Iterator[dict[str, Any]]:
    for one in fields.each("steps"):
        wish = steps.identity(one, names)
        is_integration = str(one.peek("type")).lower() == "integration"
        made = _integration(one, around) if is_integration else _step(one, around)
        one.close()
        if made is None:
            continue
        name = steps.step_name(wish or made["action"].replace(".", "_"), names.values())
        names[wish or name] = name
        named = made.pop("credential", None)
        yield {"name": name} | made | steps.credential(one, named, remarks)


def _step(one: Fields, around: Surroundings) -> dict[str, Any] | None:
    action = steps.action(one, "type", around=around)
    given = one.mapping("config")
    credential = given.pop("credential", None)
    schema = _either(given, "schema_id", "schemaId")
    if schema is not None:
        given["schema"] = _schema(one, str(schema), around)
    if action is None:
        return None
    made: dict[str, Any] = {"action": action, "with": steps.config(one, action, given)}
    if action == "ai.extract":
        credential = credential or _model(one, around)
    return made | {"credential": credential}


def _either(given: dict[str, Any], *names: str) -> Any:
    """The value of a field in either spelling."""
    values = [given.pop(name) for name in names if name in given]
    return values[0] if values else None


def _schema(one: Fields, name: str, around: Surroundings) -> dict[str, Any]:
    found = around.schemas.get(name)
    if found is None:
        one.fault(
            "config",
            f"schema_id: there is no JSON Schema '{name}' here",
            f"make a ConfigMap {name} with the key schema.json, or give config.schema",
        )
    return found or {}


def _model(one: Fields, around: Surroundings) -> str | None:
    """This form names no model: the only one that the namespace has a key for."""
    models = [name for name, kind in around.credentials.items() if kind == "OpenAI"]
    if len(models) == 1:
        return models[0]
    one.fault(
        "config",
        "extracting needs a model, and it is not clear which",
        "give config.credential, the name of a credential of type OpenAI",
    )
    return None


def _integration(one: Fields, around: Surroundings) -> dict[str, Any] | None:
    """Sends through a credential, by the action that is for its type."""
    one.take("type")
    given = one.mapping("config")
    name = _either(given, "integration_id", "integrationId")
    kind = around.credentials.get(str(name))
    if name is None or kind not in SENDS:
        known = [one_ for one_, its in around.credentials.items() if its in SENDS]
        hint = did_you_mean(str(name), known) or "make it first: POST /integrations"
        one.fault("config", f"integration_id: there is no integration '{name}' here", hint)
        return None
    action, field = SENDS[kind]
    template = given.pop("template", None)
    if template is not None and field in given:
        one.fault("config", f"{field}: template gives it, so leave it out")
    if template is not None:
        given[field] = template
    return {"action": action, "credential": str(name), "with": steps.config(one, action, given)}
