"""A DNS server that lies: names carry the addresses that they lead to."""

import asyncio
from ipaddress import IPv6Address, ip_address
from typing import cast

A, AAAA = 1, 28
FIXED: dict[str, tuple[str, ...]] = {
    "mixed.test": ("8.8.8.8", "10.0.0.5"),
    "mixed6.test": ("8.8.8.8", "fd00::1"),
    "allowed.test": ("169.254.169.254",),
}


class Nameserver(asyncio.DatagramProtocol):
    """`v4-10-0-0-5.test` and `v6-<32 digits>.test` lead there, all unknown names to loopback.

    `rebind-v4-…` (and each name below it) leads to a public address when asked for the first time.
    """

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        labels, end = [], 12
        while length := data[end]:
            labels.append(data[end + 1 : end + 1 + length].decode("latin-1"))
            end += 1 + length
        kind = int.from_bytes(data[end + 1 : end + 3])
        found = self._addresses(".".join(labels).lower(), kind)
        answers = b"".join(
            b"\xc0\x0c" + kind.to_bytes(2) + b"\0\1\0\0\0\0" + len(each).to_bytes(2) + each
            for each in found
        )
        header = data[:2] + b"\x81\x80\0\1" + len(found).to_bytes(2) + b"\0\0\0\0"
        assert self._transport is not None
        self._transport.sendto(header + data[12 : end + 5] + answers, addr)

    def _addresses(self, name: str, kind: int) -> list[bytes]:
        if kind not in {A, AAAA}:
            return []
        texts = FIXED.get(name) or self._spelt(name, kind)
        return [ip_address(text).packed for text in texts if (":" in text) == (kind == AAAA)]

    def _spelt(self, name: str, kind: int) -> tuple[str, ...]:
        label = name.split(".")[-2] if "." in name else name
        if label.startswith("rebind-"):
            if kind == A and name not in self._asked:
                self._asked.add(name)
                return ("8.8.8.8",)
            label = label.removeprefix("rebind-")
        if label.startswith("v4-"):
            return (label[3:].replace("-", "."),)
        if label.startswith("v6-"):
            return (str(IPv6Address(bytes.fromhex(label[3:]))),)
        return ("127.0.0.1", "::1")
