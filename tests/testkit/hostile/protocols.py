"""Hostile targets for other protocols: hosts of credentials, and an FTP server that bounces."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice_core import credentials
from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.connect import Guard
from testkit.contexts import a_context
from testkit.hostile.targets import ADDRESSES, PUBLIC, REBINDING, SPELLINGS

BOUNCER = ("10.9.9.9", 2121)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAvXVTqQ3ZqVVDQxvXN5rJkEJ5ASC0hH0QDLqqWcKxgV"
LOGIN = {"username": "sluice", "password": "a password"}
DATABASE = {**LOGIN, "database": "d"}
MAIL = {"to": ["a@example.com"], "text": "x", "from": "b@example.com"}
FILE = {"path": "/a", "content": "x"}
QUERY = {"query": "SELECT 1"}


@dataclass(frozen=True)
class Attempt:
    """A step of one action with one credential."""

    action: str
    credential: credentials.Credential
    given: Mapping[str, Any]

    async def reason(self, guard: Guard) -> str:
        """Why it failed."""
        context = a_context(
            credential=lambda: self.credential,
            guard=lambda: guard,
            ask=_granted,
            timeout_seconds=3,
        )
        action = ACTIONS[self.action]
        try:
            await action.run(action.type.params.model_validate(self.given), context)
        except StepFailed as failed:
            return failed.reason
        return "succeeded"


async def _granted(*_: object) -> None:
    """A plan without limits."""


def _smtp(host: str, **fields: Any) -> Attempt:
    given = {"host": host, "tls": "Tls", **LOGIN, **fields}
    return Attempt("email.send", credentials.Smtp.model_validate(given), MAIL)


def _ftp(host: str, **fields: Any) -> Attempt:
    given = {"host": host, **LOGIN, **fields}
    return Attempt("ftp.upload", credentials.Ftp.model_validate(given), FILE)


def _sftp(host: str, **fields: Any) -> Attempt:
    given = {"host": host, "hostKey": KEY, **LOGIN, **fields}
    return Attempt("sftp.upload", credentials.Sftp.model_validate(given), FILE)


def _sql(dialect: str) -> Callable[..., Attempt]:
    def made(host: str, **fields: Any) -> Attempt:
        given = {"host": host, "dialect": dialect, **DATABASE, **fields}
        return Attempt("sql.query", credentials.Database.model_validate(given), QUERY)

    return made


PROTOCOLS: Mapping[str, Callable[..., Attempt]] = {
    "SMTP": _smtp,
    "FTP": _ftp,
    "SFTP": _sftp,
    "PostgreSQL": _sql("postgresql"),
    "MySQL": _sql("mysql"),
}
PLAIN = {
    "SMTP without TLS": _smtp(PUBLIC, tls="None", port=465),
    "SMTP to port 25": _smtp(PUBLIC, port=25),
    "SMTP to port 443": _smtp(PUBLIC, port=443),
    "FTP, whose data ports nobody knows": _ftp(PUBLIC),
    "FTP without TLS": _ftp(PUBLIC, tls="None"),
    "SFTP to port 443": _sftp(PUBLIC, port=443),
    "SFTP to port 6379": _sftp(PUBLIC, port=6379),
    "PostgreSQL to port 22": _sql("postgresql")(PUBLIC, port=22),
    "MySQL to port 6379": _sql("mysql")(PUBLIC, port=6379),
} | {
    f"{dialect} without TLS": Attempt(
        "sql.query",
        credentials.Database.model_validate(
            {"dialect": dialect, "url": f"{dialect}://u:password@{PUBLIC}/d?{option}"}
        ),
        QUERY,
    )
    for dialect, option in (("postgresql", "sslmode=disable"), ("mysql", "ssl-mode=disabled"))
}
ATTEMPTS: dict[str, Attempt] = (
    {
        f"{protocol}: {what}": make(host)
        for protocol, make in PROTOCOLS.items()
        for what, host in (ADDRESSES | SPELLINGS).items()
    }
    | {
        f"SQL by URL: {what}": Attempt(
            "sql.query",
            credentials.Database.model_validate(
                {"dialect": "postgresql", "url": f"postgresql://u:password@{host}/d"}
            ),
            QUERY,
        )
        for what, host in (
            ("a number", "2130706433"),
            ("a user that looks like a host", "8.8.8.8:443@127.0.0.1"),
            ("an IPv4-mapped address", "[::ffff:127.0.0.1]"),
            ("a trailing dot", "127.0.0.1."),
        )
    }
    | {f"plain: {what}": attempt for what, attempt in PLAIN.items()}
)
REBOUND: dict[str, Attempt] = {
    f"{protocol} {what}": make(f"{protocol}.{url.removeprefix('https://').rstrip('/')}")
    for protocol, make in PROTOCOLS.items()
    if protocol != "FTP"
    for what, url in REBINDING.items()
}
BOUNCES: dict[str, str] = {
    "loopback": "127,0,0,1,0,80",
    "metadata": "169,254,169,254,0,80",
    "private": "10,0,0,5,24,235",
    "a neighbour": "10,9,9,8,0,80",
    "a public address": "8,8,8,8,1,187",
    "this host": "0,0,0,1,0,80",
}


def bounce(what: str) -> Attempt:
    """An upload to the server below, which names another machine for the data."""
    host, port = BOUNCER
    login = {"username": what, "password": "a password"}
    return _ftp(host, port=port, tls="None", **login)


async def bouncer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An FTP server; the user's name says where data are to go."""
    user = ""
    writer.write(b"220 hello\r\n")
    async for line in reader:
        command, _, argument = line.decode().strip().partition(" ")
        user = argument if command == "USER" else user
        answers = {
            "USER": "331 go on",
            "PASS": "230 welcome",
            "TYPE": "200 done",
            "PASV": f"227 Entering ({BOUNCES.get(user, '')})",
            "STOR": "150 send",
            "QUIT": "221 bye",
        }
        writer.write(f"{answers.get(command, '502 no')}\r\n".encode())
    writer.close()


async def outcomes(
    guard: Guard, taken: Callable[[], Awaitable[list[str]]]
) -> dict[str, tuple[str, list[str]]]:
    """The reason of each attempt, and what the listeners met."""
    await asyncio.start_server(bouncer, *BOUNCER)
    found: dict[str, tuple[str, list[str]]] = {}
    for what, attempt in ATTEMPTS.items():
        found[what] = (await attempt.reason(guard), await taken())
    for what in BOUNCES:
        found[f"bounce to {what}"] = (await bounce(what).reason(guard), await taken())
    for what, attempt in REBOUND.items():
        found[f"before {what}"] = (await attempt.reason(guard), await taken())
        found[what] = (await attempt.reason(guard), await taken())
    return found
