"""Connections that several steps use one after the other, kept for a moment in between."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

IDLE_SECONDS = 5.0
AT_ONCE = 8  # to one peer with one credential; a step of a larger fan-out waits its turn


class Connection(Protocol):
    """What can be kept."""

    async def usable(self) -> bool:
        """Whether the peer is still there; asked before the connection is used again."""

    async def close(self) -> None:
        """End it, politely or not; an OSError is of no interest."""


C = TypeVar("C", bound=Connection)


@dataclass
class _Peer:
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    idle: list[tuple[Connection, asyncio.TimerHandle]] = field(default_factory=list)


class Kept:
    """Idle connections by key: whatever makes two of them the same, the credential's content too.

    A changed credential is another key, so nothing that was opened with the old one is used again.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._peers: dict[Hashable, _Peer] = defaultdict(_Peer)
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lent(self, key: Hashable, opened: Callable[[], Awaitable[C]]) -> AsyncIterator[C]:
        """A connection for one use; closed if that raises, kept for the next one if not."""
        peer = self._peers[key]
        async with peer.turns:
            connection = await _taken(peer) or await opened()
            try:
                yield connection  # type: ignore[misc] # a key has connections of one type
            except BaseException:
                self._end(connection)
                raise
            self._keep(key, connection)

    async def aclose(self) -> None:
        """Close all that is idle, and wait for what is being closed."""
        for key in list(self._peers):
            for connection, timer in self._peers.pop(key).idle:
                timer.cancel()
                self._end(connection)
        if self._closing:
            await asyncio.wait(self._closing)

    def _keep(self, key: Hashable, connection: Connection) -> None:
        timer = asyncio.get_running_loop().call_later(
            self._idle_seconds, self._expire, key, connection
        )
        self._peers[key].idle.append((connection, timer))

    def _expire(self, key: Hashable, connection: Connection) -> None:
        peer = self._peers[key]
        peer.idle = [one for one in peer.idle if one[0] is not connection]
        if not peer.idle and not peer.turns.locked():
            del self._peers[key]
        self._end(connection)

    def _end(self, connection: Connection) -> None:
        task = asyncio.create_task(_closed(connection))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _taken(peer: _Peer) -> Connection | None:
    while peer.idle:
        connection, timer = peer.idle.pop()
        timer.cancel()
        if await connection.usable():
            return connection
        await _closed(connection)
    return None


async def _closed(connection: Connection) -> None:
    with suppress(OSError, TimeoutError):
        await connection.close()
