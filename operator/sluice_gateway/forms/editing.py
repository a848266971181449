"""Changes of a graph piece by piece: each gives new steps, and says what it did."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice_core import edges
from sluice_core.finding import did_you_mean
from sluice_gateway.forms.connections import Connection, of_steps
from sluice_gateway.problems import Problem

Steps = list[dict[str, Any]]


def explicit(steps: Sequence[Mapping[str, Any]]) -> Steps:
    """The same graph with every need written out, so that a change of order changes nothing."""
    made: Steps = []
    before: str | None = None
    for step in steps:
        needs = step.get("needs")
        if needs is None:
            needs = [before] if before else []
        made.append({**step, "needs": list(needs)})
        before = step["name"]
    return made


def find(steps: Sequence[Mapping[str, Any]], name: str) -> int:
    """Where the step is; raises Problem 404."""
    for index, step in enumerate(steps):
        if step["name"] == name:
            return index
    hint = did_you_mean(name, [step["name"] for step in steps])
    raise Problem(404, "StepNotFound", f'there is no step "{name}"' + (f"; {hint}" if hint else ""))


def replaced(steps: Sequence[Mapping[str, Any]], name: str, step: Mapping[str, Any]) -> Steps:
    """With another step in that place; those that need it go on needing it by its new name."""
    made = explicit(steps)
    index = find(made, name)
    needs = step.get("needs", made[index]["needs"])
    made[index] = {**step, "needs": list(needs)}
    return made if step["name"] == name else _renamed(made, name, step["name"])


def without(steps: Sequence[Mapping[str, Any]], name: str) -> tuple[Steps, int]:
    """Without that step, and how many connections went with it."""
    made = explicit(steps)
    find(made, name)
    gone = sum(name in (one.source, one.target) for one in of_steps(made))
    left = [step for step in made if step["name"] != name]
    for step in left:
        step["needs"] = [need for need in step["needs"] if _source(need) != name]
    return left, gone


def connected(steps: Sequence[Mapping[str, Any]], one: Connection) -> Steps:
    """With one more connection; raises Problem 404, or 409 where it is there already."""
    made = explicit(steps)
    find(made, one.source)
    target = made[find(made, one.target)]
    if one.need in target["needs"]:
        detail = f'"{one.source}" and "{one.target}" are connected like that already'
        raise Problem(409, "AlreadyConnected", detail)
    target["needs"].append(one.need)
    return made


def disconnected(steps: Sequence[Mapping[str, Any]], identity: str) -> tuple[Steps, list[str]]:
    """Without the connection of that id, and which steps have become roots; raises Problem 404."""
    made = explicit(steps)
    one = next((it for it in of_steps(made) if it.identity == identity), None)
    if one is None:
        raise Problem(404, "ConnectionNotFound", f'there is no connection "{identity}"')
    target = made[find(made, one.target)]
    target["needs"].remove(one.need)
    return made, ([] if target["needs"] else [one.target])


def _renamed(steps: Steps, old: str, new: str) -> Steps:
    for step in steps:
        step["needs"] = [
            new + need.removeprefix(old) if _source(need) == old else need for need in step["needs"]
        ]
    return steps


def _source(need: str) -> str:
    parsed = edges.parse_need(need)
    return parsed.step if parsed is not None else need
