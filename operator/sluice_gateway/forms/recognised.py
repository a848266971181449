"""Which form a body has, told by its fields, and what is made of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sluice_gateway.forms import business, departments, documents, entities, metadata, nodes
from sluice_gateway.forms.made import Made
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.problems import not_valid

Convert = Callable[[Fields, Surroundings], Made]

_BY_FIELD: tuple[tuple[tuple[str, ...], Convert], ...] = (
    (("nodes", "connections"), nodes.convert),
    (("TriggerEventType",), departments.convert),
    (("entityTypeId",), entities.convert),
    (("definition", "trigger_config", "trigger"), documents.convert),
    (("steps", "step_type"), business.convert),
)
"""The first row of which a body has a field; without any it is the form of nodes."""

_NAMED = {
    "state": ("enabled", "IsEnabled", "status"),
    "sharing": ("visibility", "shared_user_ids", "shared_role_ids"),
    "triggers": (
        "TriggerEventType", "cron", "cron_expression", "schedule", "trigger", "trigger_config",
        "trigger_type",
    ),
}  # fmt: skip
"""What a PUT leaves as it is unless one of these fields is there: paused stays paused."""


def convert(
    body: Mapping[str, Any], around: Surroundings, current: Mapping[str, Any] | None = None
) -> Made:
    """Raises Problem 422 with every fault; `current` is the spec that a body changes."""
    fields = Fields(body, "", [])
    made = own(fields) if fields.has("spec") else _foreign(fields, around, current)
    if fields.faults:
        raise not_valid(fields.faults, "InvalidWorkflow")
    return made


def replacement(body: Mapping[str, Any], around: Surroundings, current: Mapping[str, Any]) -> Made:
    """What a body in any of the forms makes of the spec that there is; raises as `convert` does.

    Our own form is the whole spec. Of the others, `spec` is to be merged into the current one.
    """
    fields = Fields(body, "", [])
    kept = [part for part, named in _NAMED.items() if not fields.has(*named)]
    if fields.has("spec"):
        made = own(fields)
    elif (foreign := _recognised(fields)) in (None, nodes.convert):
        made = nodes.convert(fields, around, current)
    else:
        made = foreign(fields, around)
        spec = {part: value for part, value in made.spec.items() if part not in kept}
        made = replace(made, spec=spec)
    if fields.faults:
        raise not_valid(fields.faults, "InvalidWorkflow")
    return made


def own(fields: Fields) -> Made:
    """The spec of our own kind, which validation judges as it is."""
    spec = fields.mapping("spec")
    for name in ("apiVersion", "kind", "status"):
        fields.take(name)
    kept = metadata.read(fields)
    fields.close()
    return Made(form="Own", spec=spec, metadata=kept)


def _foreign(fields: Fields, around: Surroundings, current: Mapping[str, Any] | None) -> Made:
    if current is not None:
        return nodes.convert(fields, around, current)
    return (_recognised(fields) or nodes.convert)(fields, around)


def _recognised(fields: Fields) -> Convert | None:
    found = (convert_ for names, convert_ in _BY_FIELD if fields.has(*names))
    return next(found, None)
