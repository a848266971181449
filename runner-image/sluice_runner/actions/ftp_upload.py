"""ftp.upload: a file over FTP with TLS, data included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from sluice_core import credentials
from sluice_core.catalog import CATALOG
from sluice_core.catalog.transfer import UploadToServerParams
from sluice_core.wire import FailureClass
from sluice_runner.actions import given, remote_file
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.actions.content import to_bytes

if TYPE_CHECKING:
    from sluice_runner.actions.ftp_client import GuardedClient
    from sluice_runner.egress.rules import Target

DEFAULT_PORTS = {"Tls": 990, "StartTls": 21, "None": 21}
SILENCE_SECONDS = 60.0


async def run(params: UploadToServerParams, ctx: Context) -> Done:
    """Written under another name, then renamed, so that nobody reads half a file."""
    from sluice_runner.actions.network_failure import failures_of  # noqa: PLC0415
    from sluice_runner.egress.rules import Target  # noqa: PLC0415

    credential = given.credential(ctx, credentials.Ftp)
    content = to_bytes(params.content, "content")
    target = Target(
        host=credential.host,
        port=credential.port or DEFAULT_PORTS[credential.tls],
        encrypted=credential.tls != "None",
        usual_ports=frozenset(CATALOG["ftp.upload"].reaches),
    )
    with failures_of(str(target)), _refusals(str(target)):
        async with _login(credential, target, ctx) as client:
            await _upload(client, params, content, ctx.key)
    return Done(output={"path": params.path, "bytes": len(content)}, result={"bytes": len(content)})


async def _upload(
    client: GuardedClient, params: UploadToServerParams, content: bytes, key: str
) -> None:
    if params.mkdirs:
        for folder in remote_file.folders(params.path):
            await client.command(f"MKD {folder}", ("257", "5xx"))  # 5xx: it is there, or STOR says
    unfinished = remote_file.unfinished(params.path, key)
    try:
        async with client.upload_stream(unfinished) as stream:
            await stream.write(content)
        await client.rename(unfinished, params.path)
    except Exception:
        with suppress(Exception):
            await client.command(f"DELE {unfinished}", ("250", "4xx", "5xx"))
        raise


@asynccontextmanager
async def _login(
    credential: credentials.Ftp, target: Target, ctx: Context
) -> AsyncIterator[GuardedClient]:
    from sluice_runner.actions.ftp_client import GuardedClient  # noqa: PLC0415 - needs aioftp

    guard, silence = ctx.guard(), ctx.timeout_seconds or SILENCE_SECONDS
    client = GuardedClient(guard, target, silence, implicit=credential.tls == "Tls")
    try:
        await client.connect(target.host, target.port)
        if credential.tls == "StartTls":
            await client.upgrade_to_tls(guard.trust())
        if credential.tls == "Tls":
            await client.command("PBSZ 0", "200")
            await client.command("PROT P", "200")
        user, password = credential.username, credential.password
        await client.login(user.get_secret_value(), password.get_secret_value())
        yield client
        await client.quit()
    finally:
        client.close()


@contextmanager
def _refusals(where: str) -> Iterator[None]:
    """What the server says as a failure, and what makes no sense of it."""
    from aioftp import AIOFTPException, StatusCodeError  # noqa: PLC0415

    from sluice_runner.actions.network_failure import words  # noqa: PLC0415

    try:
        yield
    except StatusCodeError as error:
        code = str(error.received_codes[-1])
        failure, reason = _class(code)
        said = words(" ".join(line.strip(" -") for line in error.info))
        raise StepFailed(failure, reason, f"{where}: {code} {said}") from error
    except OSError:  # that of a certificate is a ValueError too
        raise
    except (AIOFTPException, ValueError, IndexError) as error:
        message = f"{where}: does not speak FTP: {words(str(error))}"
        raise StepFailed("Permanent", "NotFtp", message) from error


def _class(code: str) -> tuple[FailureClass, str]:
    if code == "530":
        return "Permanent", "CredentialRefused"
    if code == "421":
        return "RateLimited", "Ftp421"
    return ("Transient" if code.startswith("4") else "Permanent"), f"Ftp{code}"


ACTION = Action(CATALOG["ftp.upload"], run)
