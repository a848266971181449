"""The command `sluice-courier`: settings, keys, the guarded client, the server."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import uvloop
from aiohttp import web
from pydantic import ValidationError

from sluice_core import names
from sluice_courier import settings
from sluice_courier.app import Metrics, Served, make_app
from sluice_courier.sending import ATTEMPT_SECONDS, Sender
from sluice_courier.settings import Settings
from sluice_courier.signer import Signer
from sluice_kube import config, errors, signing
from sluice_kube.resources import SECRETS
from sluice_kube.session import Session
from sluice_kube.signing import SigningKey
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from sluice_runner.server.epoch import Fence
from sluice_runner.server.gate import Gate
from sluice_runner.tokens import Keys, Verifier

log = logging.getLogger(__name__)

SECRET = "sluice-courier-key"  # noqa: S105 - a name
LOOK_SECONDS = 6 * 3600.0  # for a key that has to be replaced, or that another replica has replaced


def main() -> None:
    """Serve until SIGTERM."""
    try:
        chosen, cluster = settings.of(os.environ), config.load()
    except (ValidationError, config.ConfigError) as error:
        sys.exit(f"sluice-courier: {error}")
    logging.basicConfig(
        level=chosen.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    uvloop.run(_serve(chosen, cluster))


async def _serve(chosen: Settings, cluster: config.ClusterConfig) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    guard = Guard(Egress(chosen.egress_allow))
    async with Session(cluster) as session, client(guard) as http:

        async def load() -> SigningKey:
            return await signing.load_or_create(
                session, chosen.release_namespace, SECRET, names.COURIER_KEYS, issuer="courier"
            )

        own = Own(await load())
        signer = Signer(lambda key: session.get(SECRETS, key), lambda: own.key.pair)
        looking = asyncio.create_task(own.keep(load))
        try:
            await _listen(chosen, Sender(http, signer, time.time), stopping)
        finally:
            looking.cancel()


async def _listen(chosen: Settings, sender: Sender, stopping: asyncio.Event) -> None:
    audience = names.runner_audience(names.COURIER, chosen.release_namespace)
    gate = Gate(
        Verifier(Keys(chosen.keys_dir, time.monotonic), audience, time.time),
        Fence(lambda: None),
        lambda _path, _status: None,
    )
    app = make_app(Served(sender.deliver, Metrics()), gate)
    server = web.AppRunner(app, access_log=None, shutdown_timeout=ATTEMPT_SECONDS)
    await server.setup()
    await web.TCPSite(server, port=chosen.port).start()
    try:
        await stopping.wait()
    finally:
        await server.cleanup()


class Own:
    """The key of this installation, as it is now."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key

    async def keep(self, load: Callable[[], Awaitable[SigningKey]]) -> NoReturn:
        """Look again once in a while."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self.key = await load()
            except errors.ApiError as error:
                log.warning("looking at the key: %s", error)


if __name__ == "__main__":
    main()
