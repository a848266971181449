"""sftp.upload: a file over SSH, to the server whose key the credential holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from sluice_core import credentials
from sluice_core.catalog import CATALOG
from sluice_core.catalog.transfer import UploadToServerParams
from sluice_runner.actions import given, remote_file
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.actions.content import to_bytes

if TYPE_CHECKING:
    from asyncssh import SFTPClient

    from sluice_runner.egress.rules import Target


async def run(params: UploadToServerParams, ctx: Context) -> Done:
    """Written under another name, then renamed, so that nobody reads half a file."""
    from sluice_runner.actions.network_failure import failures_of  # noqa: PLC0415
    from sluice_runner.egress.rules import Target  # noqa: PLC0415

    credential = given.credential(ctx, credentials.Sftp)
    content = to_bytes(params.content, "content")
    target = Target(
        host=credential.host,
        port=credential.port or 22,
        usual_ports=frozenset(CATALOG["sftp.upload"].reaches),
    )
    with failures_of(str(target)), _refusals(str(target)):
        async with _login(credential, target, ctx) as client:
            await _upload(client, params, content, ctx.key)
    return Done(output={"path": params.path, "bytes": len(content)}, result={"bytes": len(content)})


async def _upload(
    client: SFTPClient, params: UploadToServerParams, content: bytes, key: str
) -> None:
    folders = remote_file.folders(params.path)
    if params.mkdirs and folders:
        await client.makedirs(folders[-1], exist_ok=True)
    unfinished = remote_file.unfinished(params.path, key)
    try:
        async with client.open(unfinished, "wb") as file:
            await file.write(content)
        await client.posix_rename(unfinished, params.path)
    except Exception:
        with suppress(Exception):
            await client.remove(unfinished)
        raise


@asynccontextmanager
async def _login(
    credential: credentials.Sftp, target: Target, ctx: Context
) -> AsyncIterator[SFTPClient]:
    from sluice_runner.actions import ssh  # noqa: PLC0415 - needs asyncssh

    connection = await ssh.login(ctx.guard(), credential, target, ctx.timeout_seconds)
    async with connection, connection.start_sftp_client() as client:
        yield client


@contextmanager
def _refusals(where: str) -> Iterator[None]:
    """What the server says as a failure."""
    import asyncssh  # noqa: PLC0415

    from sluice_runner.actions.network_failure import words  # noqa: PLC0415

    try:
        yield
    except asyncssh.HostKeyNotVerifiable as error:
        message = f"{where}: shows another key than the credential's hostKey; nothing was sent"
        raise StepFailed("Permanent", "HostKeyMismatch", message) from error
    except asyncssh.PermissionDenied as error:
        message = f"{where}: does not accept the credential: {words(error.reason)}"
        raise StepFailed("Permanent", "CredentialRefused", message) from error
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as error:
        raise ConnectionError(words(error.reason)) from error
    except asyncssh.SFTPError as error:
        reason = type(error).__name__.replace("SFTP", "Sftp")
        raise StepFailed("Permanent", reason, f"{where}: {words(error.reason)}") from error
    except (asyncssh.ProtocolError, asyncssh.KeyExchangeFailed) as error:
        message = f"{where}: {words(error.reason)}"
        raise StepFailed("Permanent", "NotSsh", message) from error
    except asyncssh.DisconnectError as error:
        raise ConnectionError(words(error.reason)) from error


ACTION = Action(CATALOG["sftp.upload"], run)
