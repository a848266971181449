"""The operator's process: settings, clients, the Lease, and a term of leadership."""

import asyncio
import logging
import secrets
import signal
import socket
import sys

import aiohttp
import uvloop
from pydantic import ValidationError

from sluice_core import names
from sluice_kube import config, signing
from sluice_kube.elector import Elector, Listener
from sluice_kube.resources import Key
from sluice_kube.sending import Settings as Limits
from sluice_kube.session import Session
from sluice_operator import metrics, probes, settings
from sluice_operator.keyring import PUBLIC_KEYS
from sluice_operator.leader import Leader, Outside
from sluice_operator.settings import Settings

log = logging.getLogger(__name__)

SECRET = "sluice-operator-key"  # noqa: S105 - a name
CONNECTIONS = 1024


def main() -> None:
    """Entry point of `sluice-operator`."""
    try:
        chosen = settings.load()
    except ValidationError as error:
        sys.exit(f"sluice-operator: {error}")
    logging.basicConfig(
        level=chosen.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Kopf tells of each event that it handed on; a failure there is a warning or an error.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    sys.exit(uvloop.run(run(chosen)))


async def run(chosen: Settings) -> int:
    """Lead whenever the Lease lets us; the answer is the exit code.

    Another holder after us ends the process: a fresh one waits for the Lease again, without any
    memory of the term before.
    """
    cluster = config.load()
    turns = Turns()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, turns.asked.set)
    key = Key(chosen.release_namespace, names.LEASE)
    elector = Elector(cluster, key, _identity(chosen), turns.listener())
    async with (
        Session(
            cluster,
            Limits(per_second=chosen.requests_per_second),
            on_request=metrics.count_request,
        ) as session,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS), trust_env=False
        ) as http,
    ):
        server = await probes.serve(chosen.port, elector.is_alive)
        signing_key = await signing.load_or_create(
            session, chosen.release_namespace, SECRET, PUBLIC_KEYS, issuer="operator"
        )
        elector.start()
        outside = Outside(
            settings=chosen,
            session=session,
            http=http,
            key=signing_key,
            lease=elector,
            superseded=turns.deposed.set,
        )
        try:
            return await _term(outside, turns)
        finally:
            elector.stop()
            await server.cleanup()


class Turns:
    """What decides how long this process leads, as events of the main loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.asked, self.gained, self.deposed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def listener(self) -> Listener:
        """For the elector, which calls from its own thread."""
        return Listener(
            gained=lambda epoch: self._tell(self.gained, f"leading, epoch {epoch}"),
            lost=lambda: None,
            lost_to_other=lambda holder: self._tell(self.deposed, f"{holder} leads now"),
            asked=metrics.count_request,
        )

    def _tell(self, event: asyncio.Event, words: str) -> None:
        log.info(words)
        self._loop.call_soon_threadsafe(event.set)


async def _term(outside: Outside, turns: Turns) -> int:
    """Wait for the Lease, lead, and end when told to, when deposed, or when something broke."""
    over = [asyncio.create_task(one.wait()) for one in (turns.asked, turns.deposed)]
    gained = asyncio.create_task(turns.gained.wait())
    await asyncio.wait({*over, gained}, return_when=asyncio.FIRST_COMPLETED)
    if any(task.done() for task in over):
        return 0
    metrics.LEADING.set_function(lambda: float(outside.lease.is_leading()))
    term = asyncio.create_task(Leader(outside).run())
    await asyncio.wait({*over, term}, return_when=asyncio.FIRST_COMPLETED)
    if term.done():
        log.error("the leader's work ended", exc_info=term.exception())
        return 1
    term.cancel()
    await asyncio.gather(term, return_exceptions=True)
    return 0


def _identity(chosen: Settings) -> str:
    """Unique to this process, since a restarted container has the name of the one before."""
    return f"{chosen.identity or socket.gethostname()}-{secrets.token_hex(4)}"


if __name__ == "__main__":
    main()
