"""Workflows of nodes and connections: those that set it off become triggers, the others steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice_core.catalog import aliases
from sluice_gateway.forms import connections, editing, steps, trigger_nodes
from sluice_gateway.forms.made import Made, Remark
from sluice_gateway.forms.reading import Fields
from sluice_gateway.forms.surroundings import Surroundings

STATES = {"draft": "Draft", "active": "Active", "paused": "Paused", "archived": "Archived"}
RETRIES, MOST_RETRIES = 3, 5
LONGEST_PATH = 256
READ_ONLY = (
    "id",
    "version",
    "createdAt",
    "updatedAt",
    "organizationId",
    "ownerId",
    "scopes",
    "lastRunAt",
)
SAID_OF_A_NODE = frozenset(
    {
        *("name", "action", "title", "position", "enabled"),
        *("credential", "with", "inputs", "passthrough", "needs"),
    }
)
OF_A_NODE_READ_ONLY = ("data", "category", "hasConfig", "inboundConnections", "outboundConnections")


@dataclass
class Nodes:
    """Nodes as they are read: `names` leads from ids to steps, `triggers` holds the other ids."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    triggers: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    trigger_ids: set[str] = field(default_factory=set)
    remarks: list[Remark] = field(default_factory=list)
    webhook_keys: list[str] = field(default_factory=list)


def convert(fields: Fields, around: Surroundings, current: Mapping[str, Any] | None = None) -> Made:
    """A whole workflow; or a change of `current`, a spec: what is not named stays as it is."""
    remarks = _read_only(fields)
    spec = _about(fields, remarks, partial=current is not None)
    nodes = Nodes(remarks=remarks)
    if current is None or fields.has("nodes", "connections"):
        spec |= _graph(fields, around, nodes, current or {})
        remarks += connections.lonely(spec["steps"], nodes.names)
    made = Made(
        form="Nodes",
        spec=spec,
        template=fields.flag("isTemplate") or False,
        webhook_keys=tuple(nodes.webhook_keys),
        steps=nodes.names,
        remarks=tuple(remarks),
    )
    _refuse_config(fields)
    fields.close()
    return made


def _graph(
    fields: Fields, around: Surroundings, nodes: Nodes, current: Mapping[str, Any]
) -> dict[str, Any]:
    """Steps and triggers. Answers show no triggers as nodes, so their absence takes none away."""
    before = editing.explicit(current.get("steps", ()))
    if fields.has("nodes") or not before:
        read_nodes(fields, around, nodes)
        made = [_kept(before, step) for step in nodes.steps]
    else:
        nodes.names |= {step["name"]: step["name"] for step in before}
        made = before
    if fields.has("connections") or not before:
        ends = nodes.trigger_ids | {trigger["name"] for trigger in current.get("triggers", ())}
        made = connections.connected(fields, made, nodes.names, ends)
    else:
        made = connections.carried(before, made)
    triggers = nodes.triggers if nodes.trigger_ids else current.get("triggers", [])
    return {"steps": made, "triggers": triggers}


def _kept(before: Sequence[Mapping[str, Any]], step: dict[str, Any]) -> dict[str, Any]:
    """With what this form has no words for, of the step of that name and action before."""
    for one in before:
        if (one["name"], one["action"]) == (step["name"], step["action"]):
            return {name: one[name] for name in one if name not in SAID_OF_A_NODE} | step
    return step


def definition(fields: Fields, around: Surroundings) -> dict[str, Any]:
    """What a run brings along in this form: steps alone."""
    nodes = Nodes()
    read_nodes(fields, around, nodes)
    made = connections.connected(fields, nodes.steps, nodes.names, nodes.trigger_ids)
    settings = fields.inner("settings")
    fields.close()
    return {"steps": made} | ({} if settings is None else {"settings": _settings(settings, [])})


def read_nodes(fields: Fields, around: Surroundings, nodes: Nodes) -> None:
    """All nodes of a body, added to those that are known."""
    for one in fields.each("nodes"):
        identity = one.label("id") or f"node_{len(nodes.names) + len(nodes.trigger_ids) + 1}"
        if identity in nodes.names or identity in nodes.trigger_ids:
            one.fault("id", f"two nodes have the id '{identity}'")
        kind = _kind(one)
        if kind is not None and aliases.plain(kind) in aliases.TRIGGERS:
            nodes.trigger_ids.add(identity)
            trigger_nodes.add(one, identity, aliases.TRIGGERS[aliases.plain(kind)], nodes)
        else:
            made = read_node(one, identity, around, nodes)
            if made is not None:
                nodes.steps.append(made)
        one.close()


def read_node(
    one: Fields, identity: str, around: Surroundings, nodes: Nodes
) -> dict[str, Any] | None:
    """A step; None where its action is not known, which is a fault then."""
    action = steps.action(one, "nodeId", "nodeType", "type", around=around)
    made: dict[str, Any] = {"name": steps.step_name(identity, nodes.names.values())}
    nodes.names[identity] = made["name"]
    made |= _looks(one)
    given = one.mapping("config")
    named = one.label("credential") or given.pop("credential", None)
    source = given.pop("dataSource", None)
    if named is not None and source not in (None, named):
        one.fault("config", "dataSource: the node names another credential, too; name one")
    made |= steps.credential(one, named or source, nodes.remarks)
    for field_, ours in (("inputMappings", "inputs"), ("passThroughValues", "passthrough")):
        if paths := _paths(one, field_):
            made[ours] = paths
    _version(one, nodes.remarks)
    for name in OF_A_NODE_READ_ONLY:
        one.take(name)
    return (
        None
        if action is None
        else made | {"action": action, "with": steps.config(one, action, given)}
    )


def _paths(one: Fields, name: str) -> dict[str, Any]:
    paths = one.mapping(name)
    if not all(isinstance(path, str) and 0 < len(path) <= LONGEST_PATH for path in paths.values()):
        one.fault(name, f"must lead from names to paths of at most {LONGEST_PATH} characters")
    return paths


def _looks(one: Fields) -> dict[str, Any]:
    """What people see of a node."""
    made = {
        "title": one.text("label"),
        "position": _position(one),
        "enabled": one.flag("enabled"),
    }
    return {name: value for name, value in made.items() if value is not None}


def _kind(one: Fields) -> str | None:
    values = (one.peek(name) for name in ("nodeId", "nodeType", "type"))
    return next((value for value in values if isinstance(value, str)), None)


def _position(one: Fields) -> dict[str, float] | None:
    place = one.inner("position")
    if place is None:
        return None
    across, down = place.take("x", "left"), place.take("y", "top")
    place.close()
    if not all(type(value) in (int, float) for value in (across, down)):
        one.fault("position", "must be {x, y}, two numbers")
        return None
    return {"left": float(across), "top": float(down)}


def _version(one: Fields, remarks: list[Remark]) -> None:
    place = one.at("version")
    version = one.take("version", "nodeVersion")
    if version is not None:
        message = f"{version}: an action has the version of the release that runs it"
        remarks.append(Remark("VersionNotPinned", place, message))


def _about(fields: Fields, remarks: list[Remark], *, partial: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if title := fields.text("name", required=not partial):
        spec["title"] = title
    if description := fields.text("description", longest=1000):
        spec["description"] = description
    state = fields.word("status", among=STATES)
    if state or not partial:
        spec["state"] = state or "Draft"
    if fields.has("tags") or not partial:
        spec["tags"] = list(fields.texts("tags"))
    settings = fields.inner("settings")
    if settings is not None:
        spec["settings"] = _settings(settings, remarks)
    spec |= _sharing(fields)
    return spec


def _settings(settings: Fields, remarks: list[Remark]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    timeout = settings.whole("timeout", low=1, high=604_800)
    if timeout is not None:
        made["timeoutSeconds"] = timeout
    again, place = settings.flag("retryOnFailure"), settings.at("maxRetries")
    most = settings.whole("maxRetries", high=1_000_000)
    if most is not None and most > MOST_RETRIES:
        message = f"{most} retries are more than {MOST_RETRIES}, which is what is kept"
        remarks.append(Remark("Clamped", place, message))
    if again is False:
        made["retry"] = {"limit": 0}
    elif again or most is not None:
        made["retry"] = {"limit": RETRIES if most is None else min(most, MOST_RETRIES)}
    settings.close()
    return made


def _sharing(fields: Fields) -> Mapping[str, Any]:
    sharing: dict[str, Any] = {}
    public = fields.flag("isPublic")
    if public is not None:
        sharing["visibility"] = "Tenant" if public else "Private"
    if fields.has("sharedWith"):
        sharing["users"] = list(fields.texts("sharedWith"))
        if sharing["users"] and not public:
            sharing["visibility"] = "Shared"
    return {"sharing": sharing} if sharing else {}


def _read_only(fields: Fields) -> list[Remark]:
    """What an answer of ours holds and a caller sends back."""
    given = [name for name in READ_ONLY if fields.has(name)]
    for name in given:
        fields.take(name)
    message = "is told, and not set: it stays as it is"
    return [Remark("ReadOnly", name, message) for name in given]


def _refuse_config(fields: Fields) -> None:
    if fields.take("config"):
        hint = "put it into the config of the nodes that use it"
        fields.fault("config", "a workflow has no configuration of its own", hint)
