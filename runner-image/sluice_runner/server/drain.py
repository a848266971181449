"""What happens between SIGTERM and the end of the process."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from sluice_core import wire
from sluice_runner.server.holdings import Holdings

_STOP_SECONDS = 5  # what an engine that was cancelled gets to end its steps

log = logging.getLogger(__name__)


async def drain(
    holdings: Holdings[Any], run_seconds: float, ack_seconds: float = wire.ACK_GRACE_SECONDS
) -> None:
    """Take no more; let runs end, interrupt the others, wait until the operator has it all."""
    holdings.draining = True
    with suppress(TimeoutError):
        async with asyncio.timeout(run_seconds):
            await holdings.idle()
    holdings.interrupt()
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await holdings.idle()
    holdings.abandon()
    try:
        async with asyncio.timeout(ack_seconds):
            await holdings.empty()
    except TimeoutError:
        unheard = len(holdings.snapshot().runs)
        log.warning("ended with %d runs that the operator did not acknowledge", unheard)
