"""Which actions exist and what they take: one table for validation, REST and the runner."""

from collections.abc import Mapping
from types import MappingProxyType

from sluice_core.catalog import flow, http
from sluice_core.catalog.action import OUTPUT, ActionType, Params

CATALOG: Mapping[str, ActionType] = MappingProxyType(
    {action.name: action for action in (*http.TYPES, *flow.TYPES)}
)

__all__ = ["CATALOG", "OUTPUT", "ActionType", "Params"]
