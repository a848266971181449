"""Ask the API server until it answers: what a run waits for is worth every repetition."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sluice_kube import errors

log = logging.getLogger(__name__)
T = TypeVar("T")

AGAIN_SECONDS = 1.0
FINAL = (errors.Invalid, errors.Forbidden, errors.TooLarge, errors.NotFound)


class Refused(Exception):  # noqa: N818 - what the API server did
    """The API server does not take the object, and would not later; the message says why."""


class Insisting:
    """Asks again after what may pass; a write waits until this replica leads."""

    def __init__(self, leading: Callable[[], bool]) -> None:
        self._leading = leading

    async def __call__(self, ask: Callable[[], Awaitable[T]], *, writes: bool = False) -> T:
        """Raises what is FINAL."""
        while True:
            if not writes or self._leading():
                try:
                    return await ask()
                except FINAL:
                    raise
                except errors.ApiError as error:
                    log.warning("asking the API server again: %s", error)
            await asyncio.sleep(AGAIN_SECONDS)
