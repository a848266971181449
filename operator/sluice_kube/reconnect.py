"""Hold a watch for ever: an API server that is away is waited for, a lost place is begun anew."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

from sluice_kube import errors, retry
from sluice_kube.resources import Resource

log = logging.getLogger(__name__)

PAUSES = retry.Policy(first=0.1, longest=3.0)
HELD_SECONDS = 5.0


async def forever(
    resource: Resource, attempt: Callable[[], Awaitable[None]], lose_place: Callable[[], None]
) -> NoReturn:
    """Repeats `attempt` whether it ends or fails, until cancelled.

    `lose_place` is called before the next attempt when the last one cannot be resumed.
    """
    pace = retry.Pace(PAUSES)
    while True:
        begun = time.monotonic()
        try:
            await attempt()
        except errors.ApiError as error:
            log.warning("watch of %s: %s", resource.plural, error)
            if not _keeps_place(error):
                lose_place()
            await asyncio.sleep(error.retry_after or 0)
        if time.monotonic() - begun > HELD_SECONDS:
            pace.held()
        await pace.wait()


def _keeps_place(error: errors.ApiError) -> bool:
    """Whether nothing was said against the version that the watch stood at.

    A busy server is not asked for a list, which costs it the most.
    """
    broken = isinstance(error, errors.Unavailable) and not error.status
    return broken or isinstance(error, errors.TooManyRequests)
