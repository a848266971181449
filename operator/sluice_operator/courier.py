"""Hand letters to the courier, which signs and sends them: the operator calls nobody outside."""

import logging
from collections.abc import Callable

import aiohttp
from pydantic import ValidationError

from sluice_core import names, wire

log = logging.getLogger(__name__)

SECONDS = 30.0  # an attempt is over before
FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValidationError)


class Courier:
    """Where it listens; `token` makes one for it, `epoch` is that of our Lease."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        address: str,
        token: Callable[[], str],
        epoch: Callable[[], int],
    ) -> None:
        self._http, self._address, self._token, self._epoch = http, address, token, epoch

    async def deliver(self, letter: wire.Letter) -> wire.Delivery:
        """What came of one attempt; without the courier it may go better later."""
        try:
            return await self._post(letter)
        except FAILURES as error:
            log.warning("the courier does not take letters: %s", error or type(error).__name__)
            message = f"{names.COURIER} does not answer: {type(error).__name__}"
            return wire.Delivery(outcome="Again", message=message)

    async def _post(self, letter: wire.Letter) -> wire.Delivery:
        async with self._http.post(
            f"{self._address}{wire.PATH_DELIVERIES}",
            data=letter.model_dump_json(by_alias=True).encode(),
            headers={
                "Authorization": f"Bearer {self._token()}",
                wire.HEADER_EPOCH: str(self._epoch()),
            },
            timeout=aiohttp.ClientTimeout(total=SECONDS, sock_connect=5),
        ) as response:
            response.raise_for_status()
            return wire.Delivery.model_validate_json(await response.read())
