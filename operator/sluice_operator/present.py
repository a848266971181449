"""Whether a workflow is still there: Kopf never tells of what is deleted while it lists anew."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from sluice_kube.resources import WORKFLOWS, Key
from sluice_kube.scope import Scope
from sluice_kube.session import Session

GOOD_FOR = timedelta(minutes=1)


class Present:
    """Lists the metadata of a namespace's workflows once a minute, if one of them wants to run."""

    def __init__(self, session: Session, now: Callable[[], datetime]) -> None:
        self._session, self._now = session, now
        self._uids: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def is_there(self, key: Key, uid: str) -> bool:
        """Whether the workflow of that uid exists, or did a minute ago."""
        if self._knows(key.namespace, uid):
            return True
        async with self._turns[key.namespace]:
            if not self._knows(key.namespace, uid):
                await self._list(key.namespace)
            return self._knows(key.namespace, uid)

    def _knows(self, namespace: str, uid: str) -> bool:
        listed, uids = self._uids.get(namespace, (None, frozenset()))
        if listed is None or abs(self._now() - listed) > GOOD_FOR:
            return False
        return uid in uids

    async def _list(self, namespace: str) -> None:
        scope = Scope(namespace=namespace, metadata_only=True)
        listed = self._now()
        uids = [one["metadata"]["uid"] async for one in self._session.list(WORKFLOWS, scope)]
        self._uids[namespace] = (listed, frozenset(uids))
