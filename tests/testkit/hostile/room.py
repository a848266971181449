"""Try every hostile target in a network where all addresses lead to listeners of ours.

Runs inside network and mount namespaces of its own (see test_corpus.py); prints what happened to
each target as JSON.
"""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import httpx
import orjson

from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.contexts import a_context
from testkit.hostile import protocols
from testkit.hostile.nameserver import Nameserver
from testkit.hostile.targets import ALLOWED_NAME, HOSTILE, PUBLIC, REBINDING, REDIRECTOR

PROXY_PORT = 3128
PORTS = (
    21, 22, 25, 80, 443, 465, 587, 990, 2379, 3306, 5432, 6379, 6443, 8443, 10250, PROXY_PORT,
)  # fmt: skip
FILES = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}


@dataclass
class Listeners:
    """Every connection to any address, on the ports above."""

    met: list[str] = field(default_factory=list)

    async def listen(self) -> None:
        for port in PORTS:
            for host in ("0.0.0.0", "::"):
                await asyncio.start_server(self._meet, host, port)

    async def _meet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        self.met.append(f"{address} {port}")
        writer.close()

    async def taken(self) -> list[str]:
        """What was met since the last time; waits for what the kernel has accepted already."""
        reader, writer = await asyncio.open_connection("127.0.0.9", PROXY_PORT)
        await reader.read()
        writer.close()
        met = [each for each in self.met if each != f"127.0.0.9 {PROXY_PORT}"]
        self.met.clear()
        return met


async def _redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    place = unquote(head.split(b" ")[1].decode().removeprefix("/to/"))
    answer = f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
    writer.write(answer.encode())
    writer.close()


@contextmanager
def network() -> Iterator[None]:
    """Loopback is up, all addresses lie on it, and names are asked of 127.0.0.1 alone."""
    if len(socket.if_nameindex()) != 1:
        raise SystemExit("this is not a network namespace of its own")
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
        "mount --make-rprivate /",
    ):
        subprocess.run(command.split(), check=True)
    with TemporaryDirectory() as folder:
        for path, text in FILES.items():
            ours = Path(folder, Path(path).name)
            ours.write_text(text)
            subprocess.run(["mount", "--bind", str(ours), path], check=True)
        yield
        for path in FILES:
            subprocess.run(["umount", path], check=True)


async def attempt(http: httpx.AsyncClient, url: str) -> str:
    """The reason why a GET failed, or what it was answered with."""
    action = ACTIONS["http.get"]
    context = a_context(http=lambda: http, now=lambda: datetime.now(UTC), sleep=asyncio.sleep)
    try:
        done = await action.run(action.type.params.model_validate({"url": url}), context)
    except StepFailed as failed:
        return failed.reason
    return str(done.result)


async def main() -> None:
    """Print `{target: [reason, connections]}`."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Nameserver, local_addr=("127.0.0.1", 53))
    host, _, port = REDIRECTOR.partition(":")
    await asyncio.start_server(_redirect, host, int(port))
    listeners = Listeners()
    await listeners.listen()
    outcome: dict[str, tuple[str, list[str]]] = {}
    guard = Guard(Egress((REDIRECTOR, ALLOWED_NAME, protocols.BOUNCER[0])))
    async with client(Guard(Egress((REDIRECTOR, ALLOWED_NAME)))) as http:
        http.timeout = 5
        for what, url in HOSTILE.items():
            outcome[what] = (await attempt(http, url), await listeners.taken())
        for what, url in REBINDING.items():
            outcome[f"before {what}"] = (await attempt(http, url), await listeners.taken())
            outcome[what] = (await attempt(http, url), await listeners.taken())
        outcome["control"] = (await attempt(http, f"https://{PUBLIC}/"), await listeners.taken())
    outcome |= await protocols.outcomes(guard, listeners.taken)
    async with httpx.AsyncClient(trust_env=False) as bare:
        await attempt(bare, "http://169.254.169.254/")
        outcome["control without a guard"] = ("", await listeners.taken())
    sys.stdout.buffer.write(orjson.dumps(outcome))


if __name__ == "__main__":
    with network():
        asyncio.run(main())
