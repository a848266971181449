"""Make the run of one change: read the object, and create what it sets off."""

import logging
from typing import NamedTuple

from sluice_core.api.triggers import ResourceChange
from sluice_kube import errors
from sluice_kube.resources import RUNS, Key, Resource
from sluice_kube.session import Session
from sluice_operator.resource import decide
from sluice_operator.resource.observed import Change, Manifest, Seen

log = logging.getLogger(__name__)


class Followed(NamedTuple):
    """What of a trigger is watched."""

    resource: Resource
    spec: ResourceChange


class Maker:
    """Makes each run once, by its name. Raises ApiError for what is worth another try."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def make(self, seen: Seen, name: str, followed: Followed, found: Change) -> bool:
        """Whether there is a new run; what can never be one is left."""
        whole = await self._whole(seen.namespace, followed, found)
        if whole is None:
            return False
        try:
            await self._session.create(RUNS, decide.make_run(seen, name, found, whole))
        except errors.AlreadyExists:
            return False  # by a leader before, or of a change that came with this one
        except (errors.Invalid, errors.TooLarge) as error:
            log.warning("%s/%s: no run of %s: %s", seen.namespace, seen.name, found, error)
            return False
        return True

    async def _whole(self, namespace: str, followed: Followed, found: Change) -> Manifest | None:
        """The object as it is now; None where it is gone, or not one of those asked for."""
        resource = followed.resource
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        if found.change == "Deleted":
            return kind | found.about
        try:
            whole = await self._session.get(
                resource, Key(namespace, found.about["metadata"]["name"])
            )
        except errors.NotFound:
            return None
        meant = decide.is_still_meant(followed.spec, found, whole)
        return kind | whole if meant else None
