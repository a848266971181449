"""Resolve a target once, judge every address, and connect to what was judged."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import TypeVar

from sluice_runner.egress.address import Address
from sluice_runner.egress.kept import Kept
from sluice_runner.egress.rules import Egress, Target, check_spelling

C = TypeVar("C")
Resolve = Callable[[str, int], Awaitable[tuple[Address, ...]]]
CONNECT_SECONDS = 10.0


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Ask the system's resolver, in its order, without repeats; raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    texts = dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found)
    return tuple(ip_address(text) for text in texts)


@cache
def system_trust() -> ssl.SSLContext:
    """Trust in whom the system trusts (OpenSSL's SSL_CERT_FILE included); read once."""
    return ssl.create_default_context()


@dataclass(frozen=True)
class Guard:
    """The one door of the runner; whichever protocol is spoken behind it.

    `trust` is what every protocol verifies its peers by, `kept` holds connections between steps.
    """

    egress: Egress
    resolve: Resolve = resolve
    trust: Callable[[], ssl.SSLContext] = system_trust
    kept: Kept = field(default_factory=Kept, compare=False)

    async def addresses(self, target: Target) -> tuple[Address, ...]:
        """Where the target is; raises EgressRefused if any of it is refused, OSError if unknown.

        The caller connects to these and to nothing else, and keeps the host's name for Host, SNI
        and certificates.
        """
        check_spelling(target)
        async with asyncio.timeout(CONNECT_SECONDS):
            addresses = await self.resolve(target.host, target.port)
        for address in addresses:
            self.egress.judge(target, address)
        return addresses

    async def connect(self, target: Target, timeout_seconds: float) -> socket.socket:
        """A connected, non-blocking socket to the first address that answers.

        Raises what `addresses` does, and TimeoutError once the whole took too long.
        """
        async with asyncio.timeout(timeout_seconds):
            refused: OSError = ConnectionError(f"{target} has no address")
            for address in await self.addresses(target):
                try:
                    return await _connected(address, target.port)
                except OSError as error:
                    refused = error
            raise refused

    async def connect_to(self, target: Target, address: Address) -> socket.socket:
        """A further connection to where the target was before, by another port; judged again.

        Raises EgressRefused, OSError and TimeoutError.
        """
        check_spelling(target)
        self.egress.judge(target, address)
        return await _connected(address, target.port)

    async def dialled(self, target: Target, connect: Callable[[Address], Awaitable[C]]) -> C:
        """What `connect` makes of the first address that answers, for libraries without sockets.

        Raises what `addresses` does, and the last address's OSError.
        """
        refused: OSError = ConnectionError(f"{target} has no address")
        for address in await self.addresses(target):
            try:
                return await connect(address)
            except OSError as error:
                refused = error
        raise refused


async def _connected(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(connection, (str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection
