"""Messages between runner and children: four bytes of length, then so many bytes."""

import asyncio
import socket
import struct

_LENGTH = struct.Struct("!I")
_MOST = 1 << 26  # of what a child may say, whoever it is by then


def framed(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return _LENGTH.pack(len(payload)) + payload


def receive(connection: socket.socket) -> bytes:
    """The next payload; EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        piece = connection.recv(min(count - len(received), 1 << 20))
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)


async def receive_async(connection: socket.socket) -> bytes:
    """The next payload of a non-blocking socket; EOFError when the other side is gone or raves."""
    received = bytearray()
    wanted = _LENGTH.size
    while len(received) < wanted:
        piece = await asyncio.get_running_loop().sock_recv(connection, 1 << 18)
        if not piece:
            raise EOFError
        received += piece
        if wanted == _LENGTH.size and len(received) >= wanted:
            wanted += _LENGTH.unpack_from(received)[0]
            if wanted > _MOST:
                raise EOFError
    return bytes(received[_LENGTH.size :])
