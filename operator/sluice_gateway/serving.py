"""Serve over HTTP, and end so that no accepted request is lost."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import uvicorn

from sluice_gateway import heads
from sluice_gateway.gateway import Gateway
from sluice_gateway.settings import Settings

_KEEP_ALIVE_SECONDS = 75
_HANG_UP = (b"connection", b"close")
_ANSWERING_SECONDS = 5  # what is left for the last answers once all who wait were let go


class Server(uvicorn.Server):
    """uvicorn, told by `serve` when to end and not by a signal."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to `until_told`."""
        yield


def make_server(settings: Settings, gateway: Gateway) -> Server:
    """A server that listens once it is served."""
    config = uvicorn.Config(
        gateway.app,
        host=settings.host,
        port=settings.port,
        http=heads.within(settings.head_seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_ANSWERING_SECONDS + int(settings.drain_seconds),
    )
    return Server(config)


async def serve(settings: Settings, gateway: Gateway, server: Server, told: asyncio.Event) -> None:
    """Serves until `told`; then takes requests for as long as a Service may still send some.

    Who keeps a connection is told to make another one, which leads to a gateway that stays. Who
    waits for a run may go on waiting for `drain_seconds`, and is then answered that it runs.
    """
    serving = asyncio.ensure_future(server.serve())
    ending = asyncio.ensure_future(told.wait())
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    gateway.readiness.draining = True
    server.config.encoded_headers.append(_HANG_UP)  # uvicorn sends them from the next second on
    if not serving.done():
        await asyncio.sleep(settings.linger_seconds)
        server.should_exit = True
        await asyncio.wait({serving}, timeout=settings.drain_seconds)
        gateway.waiting.drain()
    await serving


def until_told() -> asyncio.Event:
    """Set when the process is asked to end."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told
