"""Observe one WorkflowCredential, decide, and store what is told of it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sluice_kube import errors
from sluice_kube.resources import CREDENTIALS, WORKFLOWS, Key, Manifest
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.credential.reconcile import Observed, reconcile
from sluice_operator.credential.users import Name, Users

SETTLED = timedelta(seconds=60)


class Room:
    """Looks at credentials by key.

    After a start the watch brings workflows one by one: until it has settled, those that the
    status names and nobody has seen still count, so that a restart writes nothing. After that they
    are asked for. `again` has a credential looked at once that time has come.
    """

    def __init__(
        self,
        session: Session,
        statuses: StatusWriter,
        now: Callable[[], datetime],
        again: Callable[[Name, datetime], None],
    ) -> None:
        self._session, self._statuses = session, statuses
        self._now, self._again = now, again
        self._settles = now() + SETTLED
        self._credentials: dict[Name, Manifest] = {}
        self._users = Users()

    def changed(self, name: Name, manifest: Manifest | None) -> frozenset[str]:
        """A credential as it is now; answers the workflows that name it."""
        if manifest is None:
            self._credentials.pop(name, None)
        else:
            self._credentials[name] = manifest
        return self._users.of(name)

    def workflow(self, name: Name, manifest: Manifest | None) -> set[Name]:
        """A workflow as it is now; answers the credentials whose users are others now."""
        return self._users.see(name, manifest)

    async def look(self, name: Name) -> None:
        """Make the status of one credential what it should be."""
        manifest = self._credentials.get(name)
        if manifest is None or "deletionTimestamp" in manifest["metadata"]:
            return
        users = self._users.of(name) | await self._unseen(name, manifest)
        status = reconcile(Observed(manifest=manifest, users=users, now=self._now()))
        await self._statuses.write(CREDENTIALS, manifest, status)

    async def _unseen(self, name: Name, manifest: Manifest) -> frozenset[str]:
        """Workflows that were among the users, and of which nothing is known yet."""
        told: Iterable[str] = manifest.get("status", {}).get("usedBy", ())
        unseen = [one for one in told if not self._users.has_seen(Name(name.namespace, one))]
        if unseen and self._now() < self._settles:
            self._again(name, self._settles)
            return frozenset(unseen)
        return frozenset([one for one in unseen if await self._uses(name, one)])

    async def _uses(self, name: Name, workflow: str) -> bool:
        user = Name(name.namespace, workflow)
        try:
            found = await self._session.get(WORKFLOWS, Key(*user))
        except errors.NotFound:
            return False
        self._users.see(user, found)
        return workflow in self._users.of(name)
