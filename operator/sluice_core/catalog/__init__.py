"""Which actions exist and what they take: one table for validation, REST and the runner."""

from collections.abc import Mapping
from types import MappingProxyType

from sluice_core.catalog import (
    ai,
    branching,
    container,
    documents,
    email,
    files,
    flow,
    http,
    messages,
    notify,
    publishing,
    runs,
    sql,
    transfer,
)
from sluice_core.catalog.action import OUTPUT, ActionType, InputPort, Params

CATALOG: Mapping[str, ActionType] = MappingProxyType(
    {
        action.name: action
        for action in (
            *http.TYPES,
            *flow.TYPES,
            *branching.TYPES,
            *runs.TYPES,
            *container.TYPES,
            *publishing.TYPES,
            *ai.TYPES,
            *messages.TYPES,
            *email.TYPES,
            *notify.TYPES,
            *documents.TYPES,
            *sql.TYPES,
            *transfer.TYPES,
            *files.TYPES,
        )
    }
)

__all__ = ["CATALOG", "OUTPUT", "ActionType", "InputPort", "Params"]
