"""What happens between SIGTERM and the end of the process."""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from sluice_runner.server.holdings import Holdings

_STOP_SECONDS = 5  # what an engine that was cancelled gets to end its steps
_ACK_SECONDS = 10  # and then the operator to store and acknowledge how it ended

log = logging.getLogger(__name__)


async def drain(holdings: Holdings[Any], seconds: float) -> None:
    """Take no more; let runs end, interrupt the others, wait until the operator has it all.

    Over in `seconds`, the last 15 of which are not for the runs.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    holdings.draining = True
    await _until(deadline - _STOP_SECONDS - _ACK_SECONDS, holdings.idle())
    holdings.interrupt()
    await _until(deadline - _ACK_SECONDS, holdings.idle())
    holdings.abandon()
    await _until(deadline, holdings.empty())
    if holdings.held:
        log.warning("ended with %d runs that the operator did not acknowledge", holdings.held)


async def _until(deadline: float, reached: Awaitable[None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await reached
