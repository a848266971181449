"""Workflows on entities: an ordered list of typed steps, run once for each entity."""

import re
from typing import Any

from sluice_gateway.forms import steps
from sluice_gateway.forms.made import Made, Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings

STATES = {"active": "Active", "draft": "Draft", "archived": "Archived"}
_NOT_IN_LABELS = re.compile(r"[^a-z0-9]+")


def convert(fields: Fields, around: Surroundings) -> Made:
    """Faults are left in `fields`."""
    spec: dict[str, Any] = {
        "title": fields.text("name", required=True),
        "state": fields.word("status", among=STATES) or "Active",
    }
    place, kind = fields.at("entityTypeId"), fields.text("entityTypeId", required=True) or ""
    spec["entityType"] = _label(kind)
    remarks: list[Remark] = []
    if spec["entityType"] != kind:
        message = f"the entity type {kind} is called {spec['entityType']} here"
        remarks.append(Remark("Renamed", place, message))
    if description := fields.text("description", longest=1000):
        spec["description"] = description
    made: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for one in fields.each("steps"):
        wish = steps.identity(one, names)
        action = steps.action(one, "type", around=around)
        given = one.mapping("config")
        named = one.label("credential")
        one.close()
        if action is None:
            continue
        name = steps.step_name(wish or action.replace(".", "_"), (it["name"] for it in made))
        step = {"name": name, "action": action, "with": steps.config(one, action, given)}
        made.append(step | steps.credential(one, named, remarks))
        names[wish or name] = name
    if not made and not fields.faults:
        fields.fault("steps", "at least one step is required")
    spec["steps"] = steps.chained(made)
    fields.close()
    return Made(form="Entities", spec=spec, steps=names, remarks=tuple(remarks))


def _label(text: str) -> str:
    """An entity's type is a label's value with us."""
    return _NOT_IN_LABELS.sub("-", text.lower()).strip("-")[:63] or "entity"
