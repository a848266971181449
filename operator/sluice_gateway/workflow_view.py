"""A Workflow as the REST API tells of it: its spec, and the fields that other products have."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sluice_core import conditions, names
from sluice_core.catalog import aliases
from sluice_gateway.forms import node_view
from sluice_kube.resources import Key, Manifest

POLICIES = {
    "AlwaysOn": "always-on",
    "IdleShutdown": "idle-shutdown",
    "OnDemand": "on-demand",
    "ScheduledWindow": "scheduled-window",
}
PART_OF = "app.kubernetes.io/part-of"


def url(key: Key) -> str:
    """Where a workflow is found, from the root of this API."""
    return f"/api/v1/namespaces/{quote(key.namespace)}/workflows/{quote(key.name)}"


def summary(workflow: Manifest) -> dict[str, Any]:
    """A workflow in a list."""
    metadata, spec, status = workflow["metadata"], workflow["spec"], workflow.get("status", {})
    sharing = spec.get("sharing", {})
    valid = conditions.find(status.get("conditions", ()), "Valid")
    return {
        "id": metadata["name"],
        "name": spec.get("title") or metadata["name"],
        "description": spec.get("description", ""),
        "namespace": metadata["namespace"],
        "organizationId": metadata["namespace"],
        "status": spec.get("state", "Active").lower(),
        "enabled": spec.get("state", "Active") == "Active",
        "version": status.get("version"),
        "valid": None if valid is None else valid["status"] == "True",
        "deploymentStatus": _lower(status.get("deploymentStatus")),
        "tags": spec.get("tags", []),
        "triggers": [kind_of(trigger) for trigger in spec.get("triggers", ())],
        "stepsCount": len(spec.get("steps", ())),
        "lastRunAt": status.get("health", {}).get("lastRunTime"),
        "nextRunAt": status.get("nextRunTime"),
        "ownerId": metadata.get("annotations", {}).get(names.ANNOTATION_OWNER),
        "visibility": sharing.get("visibility", "Tenant").lower(),
        "isPublic": sharing.get("visibility", "Tenant") == "Tenant",
        "isTemplate": names.ANNOTATION_TEMPLATE in metadata.get("annotations", {}),
        "createdAt": metadata.get("creationTimestamp"),
        "updatedAt": changed_at(metadata),
        "url": url(Key.of(workflow)),
    }


def detail(workflow: Manifest) -> dict[str, Any]:
    """A workflow by itself."""
    spec, status = workflow["spec"], workflow.get("status", {})
    shown = summary(workflow)
    shown |= {
        "nodes": node_view.nodes(spec),
        "connections": node_view.connections(spec),
        "settings": node_view.settings(spec),
        "sharedWith": spec.get("sharing", {}).get("users", []),
        "lifecyclePolicy": policy(spec.get("lifecycle", {})),
        "stoppedReason": _lower(status.get("stoppedReason")),
        "scopes": status.get("scopes", []),
        "warnings": status.get("warnings", []),
        "conditions": status.get("conditions", []),
        "triggerUrl": status.get("url"),
        "spec": spec,
        "status": shown["status"],
        "resourceVersion": workflow["metadata"]["resourceVersion"],
    }
    return shown


def policy(lifecycle: Mapping[str, Any]) -> dict[str, Any]:
    """When the runner is up, in the words of the lifecycle endpoints."""
    kind = lifecycle.get("policy", "IdleShutdown")
    shown: dict[str, Any] = {"type": POLICIES[kind]}
    if kind == "IdleShutdown":
        shown["idleTimeoutMinutes"] = lifecycle.get("idleTimeoutMinutes", 30)
    if kind == "ScheduledWindow":
        window = lifecycle.get("window", {})
        shown["schedule"] = {
            "timezone": window.get("timeZone", "UTC"),
            "windows": window.get("windows", []),
            "outside": window.get("outside", "Queue"),
        }
    return shown


def kind_of(trigger: Mapping[str, Any]) -> str:
    """The one kind of a trigger: schedule, webhook, event, queue, email or resource."""
    kinds = {one for one in aliases.TRIGGERS.values() if one} | {"resource"}
    return next((field for field in trigger if field in kinds), "manual")


def changed_at(metadata: Mapping[str, Any]) -> str | None:
    """When somebody last changed more than the status."""
    times = [
        entry["time"]
        for entry in metadata.get("managedFields", ())
        if "time" in entry and not entry.get("subresource")
    ]
    return max(times, default=metadata.get("creationTimestamp"))


def _lower(word: str | None) -> str | None:
    """`NotDeployed` as `not-deployed`."""
    return None if word is None else aliases.plain(word)
