"""Nodes that set a workflow off, as triggers of ours."""

from typing import TYPE_CHECKING, Any

from sluice_core.catalog import aliases
from sluice_gateway.forms import scheduled, steps
from sluice_gateway.forms.reading import Fields

if TYPE_CHECKING:
    from sluice_gateway.forms.nodes import Nodes


def add(one: Fields, identity: str, kind: str, nodes: "Nodes") -> None:
    """The trigger that a node stands for; one for runs by hand stands for none."""
    for name in ("nodeId", "nodeType", "type", "label", "position", "version", "data", "category"):
        one.take(name)
    config = one.inner("config") or Fields({}, f"{one.path}.config", one.faults)
    if kind:
        enabled = _enabled(one, config)
        taken = [trigger["name"] for trigger in nodes.triggers]
        name = aliases.plain(steps.step_name(identity, taken))[: steps.LONGEST]
        if kind == scheduled.NAME and scheduled.NAME not in taken:
            name = scheduled.NAME
        trigger = {"name": name, kind: _made(kind, name, config, nodes)}
        nodes.triggers.append(trigger | ({} if enabled is None else {"enabled": enabled}))
    config.close()


def _enabled(one: Fields, config: Fields) -> bool | None:
    """Of the node or of its configuration; either can switch it off."""
    given = [flag for flag in (one.flag("enabled"), config.flag("enabled")) if flag is not None]
    return all(given) if given else None


def _made(kind: str, name: str, config: Fields, nodes: "Nodes") -> dict[str, Any]:
    match kind:
        case "schedule":
            return _schedule(config)
        case "event":
            return _event(config)
        case "email":
            return {"to": list(config.texts("to"))} if config.has("to") else {}
        case "webhook":
            nodes.webhook_keys.append(name)
            return {"auth": {"type": "Bearer", "secretKey": name}}
        case _:
            return {}


def _schedule(config: Fields) -> dict[str, Any]:
    text = config.take("schedule") if isinstance(config.peek("schedule"), str) else None
    made = scheduled.of_fields(config, text)
    if made is None:
        config.fault("cron_expression", "is required for a trigger by the clock")
        return {"cron": "0 0 * * *"}
    schedule: dict[str, Any] = made[scheduled.NAME]
    return schedule


def _event(config: Fields) -> dict[str, Any]:
    wanted = config.text("event_type", "event", longest=253, required=True)
    made: dict[str, Any] = {"type": wanted or "unknown"}
    if filters := config.mapping("filters"):
        made["match"] = {f"data.{name}": value for name, value in filters.items()}
    return made
