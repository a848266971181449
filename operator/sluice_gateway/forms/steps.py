"""What all forms have in common about steps: names, actions, configuration, order."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sluice_core.catalog import CATALOG, aliases
from sluice_core.finding import did_you_mean
from sluice_gateway.forms.bare_names import qualified
from sluice_gateway.forms.made import Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings

_NOT_IN_LABELS = re.compile(r"[^a-z0-9]+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
LONGEST = 63

CONFIG: Mapping[str, Mapping[str, str]] = {
    "condition": {"condition": "if", "expression": "if"},
    "notify": {"body": "message", "subject": "title"},
    "transform": {"expression": "template", "output": "template"},
}
"""Fields of the configuration that other products call otherwise, by action."""


def step_name(wish: str, taken: Iterable[str]) -> str:
    """A step's name as near to the wish as names may be, and not taken."""
    name = _NOT_IN_NAMES.sub("_", wish).strip("_-")[:LONGEST] or "step"
    if not (name[0].isalpha() or name[0] == "_"):
        name = f"step_{name}"[:LONGEST]
    known = {one.replace("-", "_") for one in taken}
    made, count = name, 1
    while made.replace("-", "_") in known:
        count += 1
        made = f"{name[: LONGEST - 4]}_{count}"
    return made


def action(fields: Fields, *names: str, around: Surroundings) -> str | None:
    """The action that a field names; one that is not known is a fault."""
    place = fields.at(next((name for name in names if fields.has(name)), names[0]))
    wanted = fields.text(*names, required=True)
    if wanted is None:
        return None
    found = aliases.action(wanted, around.actions)
    if found is None or found not in around.actions:
        known = around.actions | aliases.ACTIONS.keys()
        fields.fault(
            place.rpartition(".")[2],
            f"there is no step of type '{wanted}'",
            did_you_mean(aliases.plain(wanted), known),
        )
        return None
    return found


def identity(fields: Fields, known: Mapping[str, str]) -> str | None:
    """The id that a step has in its document; the same as of another one is a fault."""
    wish = fields.label("id")
    if wish in known:
        fields.fault("id", f"two steps have the id '{wish}'")
    return wish


def config(fields: Fields, action_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A step's `with`: fields of our own actions by our names, templates over `data`.

    Two that mean the same are a fault.
    """
    renamed, spelt = CONFIG.get(action_name, {}), _camel if action_name in CATALOG else str
    made: dict[str, Any] = {}
    for name, value in given.items():
        ours = renamed.get(name, spelt(name))
        if ours in made:
            fields.fault("config", f"{name}: {ours} is there twice")
        made[ours] = value
    qualified_: dict[str, Any] = qualified(made)
    return qualified_


def credential(fields: Fields, named: Any, remarks: list[Remark]) -> dict[str, str]:
    """The field of a step that names a credential; its name is what objects may be called."""
    if named is None:
        return {}
    if not isinstance(named, str | int) or isinstance(named, bool):
        fields.fault("credential", "must be a credential's id, a text or a whole number")
        return {}
    wanted = str(named)
    name = _NOT_IN_LABELS.sub("-", wanted.lower()).strip("-")[:LONGEST]
    if name != wanted:
        message = f"the credential {wanted} is called {name} here"
        remarks.append(Remark("Renamed", fields.path, message))
    return {"credential": name}


def chained(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each after the one before it, said in so many words."""
    before: list[str] = []
    for step in steps:
        step["needs"] = before
        before = [step["name"]]
    return steps


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others) if others else name
