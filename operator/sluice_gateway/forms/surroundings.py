"""What of the namespace a body may refer to, gathered before it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice_core.catalog import CATALOG


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """`actions` are the names that exist, users' own included; `credentials` have their types.

    `schemas` are JSON Schemas that the namespace keeps, by name; `event_types` the types of events
    by the numbers that a product gives them.
    """

    actions: frozenset[str] = frozenset(CATALOG)
    credentials: Mapping[str, str] = field(default_factory=dict)
    schemas: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    event_types: Mapping[int, str] = field(default_factory=dict)
