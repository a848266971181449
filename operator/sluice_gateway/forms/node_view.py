"""A spec of ours as nodes and connections, for callers who think in them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sluice_core.catalog import CATALOG
from sluice_gateway.forms.connections import of_steps


def nodes(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A node for each step; a step's name is the node's id."""
    return [node(step) for step in spec.get("steps", ())]


def node(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step as a node; `config` is its `with`."""
    made: dict[str, Any] = {
        "id": step["name"],
        "nodeId": step["action"],
        "type": step["action"],
        "category": category(step["action"]),
        "label": step.get("title", step["name"]),
        "config": step.get("with", {}),
        "enabled": step.get("enabled", True),
        "credential": step.get("credential"),
        "inputMappings": step.get("inputs", {}),
        "passThroughValues": step.get("passthrough", {}),
    }
    if (place := step.get("position")) is not None:
        made["position"] = {"x": place["left"], "y": place["top"]}
    return made


def summaries(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Nodes with how many connections lead to and from each."""
    steps = spec.get("steps", ())
    ends = list(of_steps(list(steps)))
    inbound, outbound = Counter(one.target for one in ends), Counter(one.source for one in ends)
    for step in steps:
        shown = node(step)
        kept = ("id", "type", "label", "category", "position")
        yield {name: shown[name] for name in kept if name in shown} | {
            "hasConfig": bool(step.get("with")),
            "inboundConnections": inbound[step["name"]],
            "outboundConnections": outbound[step["name"]],
        }


def connections(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What leads where; ids are made of the ends."""
    return [
        {
            "id": one.identity,
            "sourceNodeId": one.source,
            "sourcePort": one.source_port,
            "targetNodeId": one.target,
            "targetPort": one.target_port,
        }
        for one in of_steps(list(spec.get("steps", ())))
    ]


def settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Limits of a run, in that form's words."""
    given = spec.get("settings", {})
    limit = given.get("retry", {}).get("limit", 0)
    return {
        "timeout": given.get("timeoutSeconds", 3600),
        "retryOnFailure": limit > 0,
        "maxRetries": limit,
    }


def category(action: str) -> str:
    """Where the catalogue lists an action."""
    known = CATALOG.get(action)
    return known.category if known is not None else "custom"
