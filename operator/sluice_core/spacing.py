"""How far apart runs of a workflow are: what they are counted by, and which one counts."""

from collections.abc import Mapping
from typing import Any

import orjson

from sluice_core.api.workflow import Concurrency


def key(spec: Mapping[str, Any], rule: Concurrency) -> str:
    """What a run is counted by: the value at the dotted path, as JSON; null where there is none."""
    value: Any = spec if rule.key else None
    for part in (rule.key or "").split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def counts(run: Mapping[str, Any]) -> bool:
    """Whether others keep their distance from it: not where it ended before it had begun."""
    status = run.get("status", {})
    return "completionTime" not in status or "startTime" in status


def refusal(name: str, seconds: float, rule: Concurrency) -> str:
    """Why a run is not taken that comes so many seconds after the one of that name."""
    return (
        f"run {name} was {seconds:g} s earlier; "
        f"concurrency.minIntervalSeconds is {rule.min_interval_seconds}"
    )
