"""The public keys that runners are given: what operator and gateway have published."""

import asyncio
import logging
from collections.abc import Callable
from typing import NoReturn

from sluice_kube import errors, signing
from sluice_kube.session import Session

log = logging.getLogger(__name__)

PUBLIC_KEYS = "sluice-public-keys"  # a ConfigMap of the release namespace
LOOK_SECONDS = 15.0


class Keyring:
    """File name to PEM, as it was when last looked at."""

    def __init__(self, session: Session, namespace: str) -> None:
        self._session, self._namespace = session, namespace
        self.keys: dict[str, str] = {}

    async def read(self) -> bool:
        """Whether something has changed."""
        found = await signing.public_keys(self._session, self._namespace, PUBLIC_KEYS)
        changed = found != self.keys
        self.keys = found
        return changed

    async def watch(self, on_change: Callable[[], None]) -> NoReturn:
        """Look again once in a while."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if await self.read():
                    on_change()
            except errors.ApiError as error:
                log.warning("reading public keys: %s", error)
