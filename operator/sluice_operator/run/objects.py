"""What dispatch reads and makes of WorkflowRuns, waiting for the API server as long as it takes."""

import logging
from collections.abc import Callable
from typing import Any

from sluice_kube import errors
from sluice_kube.resources import RUNS, WORKFLOWS, Key, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.run.insisting import FINAL, Insisting, Refused
from sluice_operator.run.observed import Name, has_ended

__all__ = ["Objects", "Refused"]

log = logging.getLogger(__name__)


class Objects:
    """The API server's verbs as dispatch needs them. Writes wait until this replica leads."""

    def __init__(self, session: Session, leading: Callable[[], bool]) -> None:
        self._session = session
        self._insist = Insisting(leading)

    async def read(self, name: Name) -> Manifest | None:
        """A run, or None when there is none."""
        return await self._insist(lambda: self._get(name))

    async def ended(self, flow: Name) -> list[Manifest]:
        """The runs of a workflow that are over and kept."""
        return await self._insist(lambda: self._ended(flow))

    async def has_workflow(self, flow: Name) -> bool:
        """Whether the workflow exists."""
        return await self._insist(lambda: self._has_workflow(flow))

    async def create(self, manifest: Manifest) -> Manifest:
        """The run as it is now made, or as it was before; raises Refused."""
        try:
            return await self._insist(lambda: self._create(manifest), writes=True)
        except FINAL as error:
            raise Refused(str(error)) from error

    async def cancel(self, name: Name, uid: str) -> None:
        """Ask for a run's end, if it is still the one of that uid."""
        await self._insist(lambda: self._cancel(name, uid), writes=True)

    async def _get(self, name: Name) -> Manifest | None:
        try:
            return await self._session.get(RUNS, Key(*name))
        except errors.NotFound:
            return None

    async def _ended(self, flow: Name) -> list[Manifest]:
        scope = Scope(namespace=flow.namespace, fields=f"spec.workflow={flow.name}")
        return [one async for one in self._session.list(RUNS, scope) if has_ended(one)]

    async def _has_workflow(self, flow: Name) -> bool:
        try:
            await self._session.get(WORKFLOWS, Key(*flow))
        except errors.NotFound:
            return False
        return True

    async def _create(self, manifest: Manifest) -> Manifest:
        try:
            return await self._session.create(RUNS, manifest)
        except errors.AlreadyExists:
            return await self._session.get(RUNS, Key.of(manifest))

    async def _cancel(self, name: Name, uid: str) -> None:
        operations: list[dict[str, Any]] = [
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "add", "path": "/spec/cancel", "value": True},
        ]
        try:
            await self._session.json_patch(RUNS, Key(*name), operations)
        except (*FINAL, errors.Conflict) as error:
            log.info("run %s is not cancelled: %s", name, error)
