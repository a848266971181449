"""Look at WorkflowPlans, and store in how many namespaces each is in force."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from sluice_core import conditions, names
from sluice_core.api.plan import WorkflowPlan
from sluice_kube.resources import PLANS, Manifest
from sluice_kube.status import StatusWriter

log = logging.getLogger(__name__)


class Room:
    """`namespaces` tells how many are labelled with a plan."""

    def __init__(
        self,
        statuses: StatusWriter,
        namespaces: Callable[[str], int],
        now: Callable[[], datetime],
    ) -> None:
        self._statuses, self._namespaces, self._now = statuses, namespaces, now
        self._seen: dict[str, Manifest] = {}

    def changed(self, name: str, manifest: Manifest | None) -> None:
        """A WorkflowPlan as it is now."""
        if manifest is None:
            self._seen.pop(name, None)
        else:
            self._seen[name] = manifest

    async def look(self, name: str) -> None:
        """Store what is known of it."""
        manifest = self._seen.get(name)
        if manifest is None:
            return
        made = status(manifest, self._namespaces(name), self._now())
        if await self._statuses.write(PLANS, manifest, made) == "gone":
            log.info("WorkflowPlan %s is gone", name)


def status(manifest: Manifest, namespaces: int, now: datetime) -> dict[str, Any]:
    """What the plan's status says: whether it can be read, and where it holds."""
    meta, before = manifest["metadata"], manifest.get("status", {})
    wanted = [conditions.condition("Ready", *_ready(manifest, namespaces))]
    generation = meta.get("generation", 1)
    made = {
        "observedGeneration": generation,
        "conditions": conditions.merged(
            before.get("conditions", []), wanted, generation=generation, now=now
        ),
    }
    return made | ({"namespaces": namespaces} if namespaces else {})


def _ready(manifest: Manifest, namespaces: int) -> tuple[bool, str, str]:
    try:
        WorkflowPlan.parse(manifest)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return False, "Unreadable", f"{place}: {first['msg']}: edit it"
    if not namespaces:
        name = manifest["metadata"]["name"]
        label = f"kubectl label namespace NAMESPACE {names.LABEL_PLAN}={name}"
        return True, "Unused", f"no namespace has it: {label}"
    return True, "InForce", f"in force in {namespaces} namespace{'' if namespaces == 1 else 's'}"
