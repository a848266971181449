"""A login at a mail server: messages go to all of their recipients or to none."""

from contextlib import suppress

import aiosmtplib
from pydantic import SecretStr

from sluice_core import credentials
from sluice_core.catalog import CATALOG
from sluice_core.wire import FailureClass
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.network_failure import words
from sluice_runner.egress.connect import CONNECT_SECONDS, Guard
from sluice_runner.egress.rules import Target

DEFAULT_PORTS = {"Tls": 465, "StartTls": 587, "None": 25}
SILENCE_SECONDS = 300.0  # RFC 5321, 4.5.3.2
BUSY = frozenset({421, 450})
LOGIN_REFUSED = frozenset({530, 534, 535, 538})


class Session:
    """One connection; its methods raise OSError when it is gone."""

    def __init__(self, client: aiosmtplib.SMTP, where: str) -> None:
        self._client = client
        self._where = where

    async def usable(self) -> bool:
        """Ask the server, which may have hung up meanwhile."""
        try:
            return (await self._client.noop(timeout=CONNECT_SECONDS)).code == 250
        except (OSError, aiosmtplib.SMTPException):
            return False

    async def close(self) -> None:
        """Take leave as the protocol has it."""
        with suppress(OSError, aiosmtplib.SMTPException):
            await self._client.quit(timeout=1)
        self._client.close()

    async def send(
        self, sender: str, recipients: tuple[str, ...], message: bytes
    ) -> StepFailed | None:
        """Hand over one message, once every recipient has been accepted; or why it was refused.

        After a refusal the connection is as good as before.
        """
        at = f"the sender {sender}"
        try:
            await self._client.mail(sender)
            for recipient in recipients:
                at = recipient
                await self._client.rcpt(recipient)
            at = "the message"
            await self._client.data(message)
        except aiosmtplib.SMTPResponseException as error:
            with suppress(OSError, aiosmtplib.SMTPException):
                await self._client.rset()
            return _refusal(f"{self._where}: {at}", error)
        return None


def target(credential: credentials.Smtp) -> Target:
    """Where the credential's server is."""
    return Target(
        host=credential.host,
        port=credential.port or DEFAULT_PORTS[credential.tls],
        encrypted=credential.tls != "None",
        usual_ports=frozenset(CATALOG["email.send"].reaches),
    )


async def login(
    guard: Guard, credential: credentials.Smtp, silence_seconds: float | None
) -> Session:
    """Connect, begin TLS, log in. Raises StepFailed, EgressRefused and OSError."""
    where = target(credential)
    connection = await guard.connect(where, CONNECT_SECONDS)
    client = aiosmtplib.SMTP(
        hostname=credential.host,
        sock=connection,
        use_tls=credential.tls == "Tls",
        start_tls=credential.tls == "StartTls",
        tls_context=guard.trust(),
        local_hostname=_literal(connection.getsockname()[0]),
        username=_shown(credential.username),
        password=_shown(credential.password),
        timeout=silence_seconds or SILENCE_SECONDS,
    )
    try:
        await client.connect()
    except BaseException as error:
        client.close()  # and with it the socket
        _explain(where, error)
        raise
    return Session(client, str(where))


def _explain(where: Target, error: BaseException) -> None:
    """Raise what says more than the library's error, if there is such a thing."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        raise _refusal(str(where), error) from error
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError):
        message = f"{where}: {error}: see the credential's `tls`, `username` and `password`"
        raise StepFailed("Permanent", "NotSupported", message) from error
    if isinstance(error, aiosmtplib.SMTPConnectError) and isinstance(error.__cause__, OSError):
        raise error.__cause__


def _refusal(at: str, error: aiosmtplib.SMTPResponseException) -> StepFailed:
    failure, reason = _class(error.code)
    return StepFailed(failure, reason, f"{at}: {error.code} {words(error.message)}")


def _class(code: int) -> tuple[FailureClass, str]:
    if code in LOGIN_REFUSED:
        return "Permanent", "CredentialRefused"
    if code < 200:  # the library's own, for what is no reply
        return "Permanent", "NotSmtp"
    if code in BUSY:
        return "RateLimited", f"Smtp{code}"
    return ("Transient" if 400 <= code < 500 else "Permanent"), f"Smtp{code}"


def _literal(address: str) -> str:
    """How a client without a name of its own greets (RFC 5321, 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _shown(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
