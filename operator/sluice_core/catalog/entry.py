"""What the catalogue tells of an action, as data: the same for REST, command line and docs."""

import inspect
from typing import Any

from sluice_core.catalog.action import ActionType


def of(row: ActionType) -> dict[str, Any]:
    """One entry; a field that says nothing is left out."""
    entry: dict[str, Any] = {
        "name": row.name,
        "title": row.title,
        "description": description(row),
        "category": row.category,
        "role": row.role,
        "pairedWith": row.paired_with,
        "kind": "WorkflowAction" if row.is_own else "BuiltIn",
        "fault": row.fault,
        "ports": list(row.ports_of({})),
        "portsNamedBy": sorted(row.literal),
        "inputPorts": sorted(row.accepts),
        "credentials": list(row.credentials),
        "failures": list(row.failures),
        "repeatable": row.repeatable,
        "timeoutSeconds": row.timeout_seconds,
        "schema": row.json_schema,
        "sample": row.sample,
    }
    return {name: value for name, value in entry.items() if value not in (None, "", [])}


def description(row: ActionType) -> str:
    """Of a built-in action, what its parameters say of themselves."""
    if row.is_own:
        return row.description
    return inspect.cleandoc(row.params.__doc__ or "")
