"""aiosmtpd on loopback, with TLS and a login, that keeps what it was given."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sluice_core.credentials import Smtp
from testkit.services import authority

USER, PASSWORD = "sluice@example.com", "correct horse"


@dataclass(frozen=True)
class Letter:
    """A message as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass
class MailServer:
    """`answers` are replies to recipients, or to the message (under "DATA")."""

    port: int = 0
    answers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    letters: list[Letter] = field(default_factory=list)
    met: list[SMTP] = field(default_factory=list)
    tls: str = "StartTls"

    @property
    def connections(self) -> int:
        return len(self.met)

    def credential(self, **fields: Any) -> Smtp:
        defaults = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": self.tls,
            "username": USER,
            "password": PASSWORD,
        }
        return Smtp.model_validate(defaults | fields)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        answer = self.answers.get(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.cut:
            cast("asyncio.Transport", server.transport).abort()
        if "DATA" in self.answers:
            return self.answers["DATA"]
        message = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
        self.letters.append(Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))
        return "250 kept"


@asynccontextmanager
async def serving_mail(tls: str = "StartTls", **fields: Any) -> AsyncIterator[MailServer]:
    """`tls` as the credential has it."""
    server = MailServer(tls=tls, **fields)
    encrypted = authority.server_context()

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # that a login without TLS is unwise
            made = SMTP(
                server,
                hostname="mail.example.com",
                tls_context=encrypted if tls == "StartTls" else None,
                require_starttls=tls == "StartTls",
                authenticator=_authenticate,
                auth_required=True,
                auth_require_tls=tls == "StartTls",  # it does not see implicit TLS
            )
        server.met.append(made)
        return made

    listener = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", 0, ssl=encrypted if tls == "Tls" else None
    )
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server
    for one in server.met:
        for transport in (one.transport, one._original_transport):
            if transport is not None:
                cast("asyncio.Transport", transport).abort()
    await asyncio.sleep(0)


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=known, handled=False)
