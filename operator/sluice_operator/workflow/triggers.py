"""Whether the objects that resource triggers name are watched, in sentences."""

from typing import Any

from sluice_core import conditions
from sluice_operator.workflow.observed import Observed

TYPE = "Triggers"


def condition(seen: Observed) -> dict[str, Any] | None:
    """None where a workflow has none that would set runs off now."""
    spec = seen.workflow.spec
    count = sum(one.resource is not None and one.enabled for one in spec.triggers)
    if not count or spec.state != "Active" or not spec.replicas:
        return None
    if seen.unwatched is None:
        return _before(seen)
    if seen.unwatched:
        message = "; ".join(one.message for one in seen.unwatched)
        return conditions.condition(TYPE, False, seen.unwatched[0].reason, message)
    message = f"{count} resource trigger{'' if count == 1 else 's'}"
    return conditions.condition(TYPE, True, "Watching", message)


def _before(seen: Observed) -> dict[str, Any] | None:
    """What was told, while this process has not asked yet."""
    told = conditions.find(seen.manifest.get("status", {}).get("conditions", ()), TYPE)
    if told is None:
        return None
    return conditions.condition(TYPE, told["status"] == "True", told["reason"], told["message"])
