"""What containers of steps need of the API server, waiting for it as long as it takes."""

from collections.abc import Callable

from sluice_core import names
from sluice_kube import errors
from sluice_kube.resources import JOBS, NETWORK_POLICIES, Key, Manifest
from sluice_kube.session import Session
from sluice_operator.run.insisting import FINAL, Insisting, Refused
from sluice_operator.run.observed import Name

LOG_BYTES = 1024 * 1024


class JobObjects:
    """Jobs, and the logs of their pods. Writes wait until this replica leads."""

    def __init__(self, session: Session, leading: Callable[[], bool]) -> None:
        self._session = session
        self._insist = Insisting(leading)

    async def create(self, manifest: Manifest) -> Manifest:
        """The Job as it is now made, or as it was before; raises Refused."""
        try:
            return await self._insist(lambda: self._create(manifest), writes=True)
        except FINAL as error:
            raise Refused(str(error)) from error

    async def delete(self, job: Manifest) -> None:
        """It and its pod go, if it is still the one of that uid."""
        uid = job["metadata"]["uid"]
        try:
            await self._insist(
                lambda: self._session.delete(JOBS, Key.of(job), uid=uid), writes=True
            )
        except (*FINAL, errors.Conflict):
            return

    async def is_confined(self, flow: Name) -> bool:
        """Whether the NetworkPolicy of the workflow's containers is there."""
        key = Key(flow.namespace, names.containers(flow.name))
        try:
            await self._insist(lambda: self._session.get(NETWORK_POLICIES, key))
        except FINAL:
            return False
        return True

    async def log(self, pod: Manifest, container: str, lines: int) -> bytes:
        """The last lines of its log; nothing where the kubelet has it no more."""
        key = Key.of(pod)
        try:
            return await self._session.log(key, container, lines=lines, limit=LOG_BYTES)
        except errors.ApiError:
            return b""

    async def _create(self, manifest: Manifest) -> Manifest:
        try:
            return await self._session.create(JOBS, manifest)
        except errors.AlreadyExists:
            return await self._session.get(JOBS, Key.of(manifest))
