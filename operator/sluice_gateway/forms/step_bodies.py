"""One step, as a caller adds or changes it: a node, a numbered step with a template, or our own."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sluice_core import edges
from sluice_core.api.steps import Step
from sluice_gateway import merging
from sluice_gateway.forms import departments, editing, nodes
from sluice_gateway.forms.made import Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings
from sluice_gateway.problems import not_valid, of_validation

Steps = list[dict[str, Any]]
PARTS = ("config", "label", "position", "enabled", "credential", "nodeId", "nodeType")


def read(
    body: Mapping[str, Any], around: Surroundings, steps: Steps, remarks: list[Remark]
) -> tuple[dict[str, Any], int | None]:
    """The step that a body describes, and where it goes; raises Problem 422."""
    fields = Fields(body, "", [])
    place: int | None = None
    made: dict[str, Any] | None
    if fields.has("action"):
        made = _own(body)
    elif fields.has("ActionType", "OutputTemplate"):
        order, made = departments.step(fields, around, remarks)
        place = _place(steps, order, fields)
    else:
        known = nodes.Nodes(names={one["name"]: one["name"] for one in steps}, remarks=remarks)
        identity = fields.label("id") or str(body.get("nodeId") or "node").replace(".", "_")
        made = nodes.read_node(fields, identity, around, known)
        fields.close()
    if made is None or fields.faults:
        raise not_valid(fields.faults)
    return made, place


def changed(
    body: Mapping[str, Any],
    current: dict[str, Any],
    around: Surroundings,
    steps: Steps,
    remarks: list[Remark],
) -> dict[str, Any]:
    """The step as it is after a change; a body that names no field of a step is its `config`."""
    if "action" in body:
        kept = {"name": current["name"], "needs": current.get("needs", [])}
        return kept | _own(kept | dict(body))
    fields = Fields(body, "", [])
    if fields.has("ActionType", "OutputTemplate"):
        made, _ = read(body, around, [one for one in steps if one is not current], remarks)
        return made | {"name": made["name"], "needs": current.get("needs", [])}
    whole = {"nodeId": current["action"], "id": current["name"]}
    given = dict(body) if fields.has(*PARTS) else {"config": dict(body)}
    made, _ = read({**whole, **given}, around, [], remarks)
    return merging.merged(current, {**made, "name": current["name"]})


def _own(body: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Problem 422, naming each field."""
    try:
        Step.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False, include_context=False)) from error
    return {name: value for name, value in body.items() if value is not None}


def _place(steps: Steps, order: int, fields: Fields) -> int:
    """Before the first step of a higher order; a tie is a fault."""
    for index, other in _numbers(steps):
        if other == order:
            fields.fault("StepOrder", f"there is a step with the order {order} already")
        if other > order:
            return index
    return len(steps)


def moved(steps: Steps, name: str) -> Steps:
    """A numbered step at the place of its number: those around it close up, and make room there."""
    step = steps[editing.find(steps, name)]
    left = [
        {**one, "needs": [*_bridged(one["needs"], step)]}
        for one in editing.explicit(steps)
        if one["name"] != name
    ]
    order = int(name.removeprefix("step_"))
    return inserted(left, step, next((at for at, it in _numbers(left) if it > order), len(left)))


def _bridged(needs: list[str], gone: Mapping[str, Any]) -> dict[str, None]:
    """What is left to need where a step has gone: what that one needed."""
    made: dict[str, None] = {}
    for need in needs:
        parsed = edges.parse_need(need)
        whose = parsed.step if parsed is not None else need
        made |= dict.fromkeys(gone["needs"] if whose == gone["name"] else [need])
    return made


def _numbers(steps: Steps) -> Iterator[tuple[int, int]]:
    """The places of numbered steps, and their numbers."""
    for at, step in enumerate(steps):
        number = step["name"].removeprefix("step_")
        if number.isdigit():
            yield at, int(number)


def inserted(steps: Steps, made: dict[str, Any], place: int | None) -> Steps:
    """At its place in the order, between its neighbours; without one, by itself."""
    explicit = editing.explicit(steps)
    if place is None:
        return [*explicit, {"needs": [], **made}]
    before = [explicit[place - 1]["name"]] if place else []
    if place < len(explicit):
        explicit[place] = {**explicit[place], "needs": [made["name"]]}
    return [*explicit[:place], {**made, "needs": before}, *explicit[place:]]
