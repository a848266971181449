"""Hold a watch for ever: an API server that is away is waited for, a lost place is begun anew."""

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

    `lose_place` is called before the next attempt when the last one cannot be resumed: only a
    connection that broke can, as nothing was said against the version it stood at.
    """
    pace = retry.Pace(PAUSES)
    while True:
        begun = time.monotonic()
        try:
            await attempt()
        except errors.ApiError as error:
            log.warning("watch of %s: %s", resource.plural, error)
            if error.status:
                lose_place()
        if time.monotonic() - begun > HELD_SECONDS:
            pace.held()
        await pace.wait()
