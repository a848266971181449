"""A login at an SSH server: judged address, pinned key, nothing from files of the machine."""

import asyncio

import asyncssh
from pydantic import SecretStr

from sluice_core import credentials
from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.connect import CONNECT_SECONDS, Guard
from sluice_runner.egress.rules import Target

LOGIN_SECONDS = 30.0
KEEPALIVE_SECONDS = 15.0
KEY_TYPES = ("ssh-", "ecdsa-", "sk-")


async def login(
    guard: Guard, credential: credentials.Sftp, target: Target, timeout_seconds: float | None
) -> asyncssh.SSHClientConnection:
    """Raises StepFailed for keys that cannot be read, asyncssh.Error, EgressRefused and OSError."""
    host_keys = _host_keys(credential.host_key.get_secret_value())
    # Deriving the key of a passphrase takes a while, by design.
    key = await asyncio.to_thread(_private, credential)
    connection = await guard.connect(target, CONNECT_SECONDS)
    try:
        async with asyncio.timeout(min(timeout_seconds or LOGIN_SECONDS, LOGIN_SECONDS)):
            return await asyncssh.connect(
                target.host,
                target.port,
                sock=connection,
                config=None,
                known_hosts=(host_keys, [], []),
                username=credential.username.get_secret_value(),
                password=_shown(credential.password),
                client_keys=None if key is None else [key],
                preferred_auth="publickey" if key else "password,keyboard-interactive",
                agent_path=None,
                login_timeout=0,
                keepalive_interval=KEEPALIVE_SECONDS,
            )
    except BaseException:
        connection.close()
        raise


def _host_keys(text: str) -> list[asyncssh.SSHKey]:
    """One a line; what ssh-keyscan prints has the host before the key."""
    lines = (line.strip() for line in text.splitlines())
    keys = [
        _public(line if line.startswith(KEY_TYPES) else line.partition(" ")[2])
        for line in lines
        if line and not line.startswith("#")
    ]
    if not keys:
        raise _unreadable("hostKey", "it is empty")
    return keys


def _public(line: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(line)
    except asyncssh.KeyImportError as error:
        raise _unreadable("hostKey", "expected is a line such as ssh-ed25519 AAAA…") from error


def _private(credential: credentials.Sftp) -> asyncssh.SSHKey | None:
    if credential.private_key is None:
        return None
    try:
        return asyncssh.import_private_key(
            credential.private_key.get_secret_value(), _shown(credential.passphrase)
        )
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise _unreadable("privateKey", "or its passphrase is another") from error


def _unreadable(field: str, why: str) -> StepFailed:
    message = f"{field} of the credential cannot be read ({why}): look at its Secret"
    return StepFailed("Permanent", "CredentialInvalid", message)


def _shown(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
