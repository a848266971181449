"""sftp.upload against OpenSSH's server."""

from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sluice_core.credentials import Sftp
from sluice_runner.actions.action import Context, StepFailed
from sluice_runner.egress.connect import Guard
from testkit import contexts
from testkit.ports import a_free_port
from testkit.services import authority
from testkit.services.files import PASSWORD, PHRASE, SshHost
from testkit.services.rude import Manner, rude


def texts_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def a_context(credential: Sftp, guard: Guard, seconds: float = 10) -> Context:
    return contexts.a_context(
        credential=lambda: credential, guard=lambda: guard, timeout_seconds=seconds
    )


async def failure(credential: Sftp, guard: Guard, path: str, seconds: float = 10) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        await contexts.call(
            "sftp.upload", a_context(credential, guard, seconds), path=path, content="x"
        )
    return failed.value


async def test_a_file_arrives_whole_in_place_of_another(sshd: SshHost, guard: Guard) -> None:
    target, content = sshd.folder / "whole" / "a.txt", "größer\n" * 100_000
    given: dict[str, Any] = {"path": str(target), "content": content, "mkdirs": True}
    context = a_context(sshd.credential(), guard)

    await contexts.call("sftp.upload", context, **(given | {"content": "before"}))
    done = await contexts.call("sftp.upload", context, **given)

    assert done.output == {"path": str(target), "bytes": len(content.encode())}
    assert texts_in(target.parent) == {"a.txt": content}


async def test_a_folder_that_is_missing(sshd: SshHost, guard: Guard) -> None:
    failed = await failure(sshd.credential(), guard, str(sshd.folder / "none" / "a.txt"))

    assert (failed.failure, failed.reason) == ("Permanent", "SftpNoSuchFile")


async def test_a_folder_that_is_not_ours(sshd: SshHost, guard: Guard) -> None:
    failed = await failure(sshd.credential(), guard, "/etc/a.txt")

    assert (failed.failure, failed.reason) == ("Permanent", "SftpPermissionDenied")


async def test_another_host_key_is_refused(sshd: SshHost, guard: Guard) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()

    failed = await failure(sshd.credential(hostKey=other), guard, str(sshd.folder / "a.txt"))

    assert (failed.failure, failed.reason) == ("Permanent", "HostKeyMismatch")
    assert not (sshd.folder / "a.txt").exists()


async def test_a_host_key_as_ssh_keyscan_prints_it(sshd: SshHost, guard: Guard) -> None:
    scanned = f"# 127.0.0.1:22\n[127.0.0.1]:22 {sshd.host_key}"
    context = a_context(sshd.credential(hostKey=scanned), guard)

    await contexts.call("sftp.upload", context, path=str(sshd.folder / "b.txt"), content="x")

    assert (sshd.folder / "b.txt").read_text() == "x"


async def test_a_key_with_a_passphrase(sshd: SshHost, guard: Guard) -> None:
    given = {"path": str(sshd.folder / "c.txt"), "content": "x"}
    right = sshd.credential(privateKey=sshd.locked_key, passphrase=PHRASE)
    wrong = sshd.credential(privateKey=sshd.locked_key, passphrase="another")

    await contexts.call("sftp.upload", a_context(right, guard), **given)
    failed = await failure(wrong, guard, "/a")

    assert (sshd.folder / "c.txt").read_text() == "x"
    assert (failed.failure, failed.reason) == ("Permanent", "CredentialInvalid")


async def test_another_key_is_refused(sshd: SshHost, guard: Guard) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    credential = sshd.credential(privateKey=other)

    failed = await failure(credential, guard, str(sshd.folder / "a.txt"))

    assert (failed.failure, failed.reason) == ("Permanent", "CredentialRefused")


UNREADABLE = {
    "no key": {"privateKey": "not a key"},
    "no host key": {"hostKey": "not a key"},
}


@pytest.mark.parametrize("fields", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_key_that_cannot_be_read(
    sshd: SshHost, guard: Guard, fields: dict[str, str]
) -> None:
    failed = await failure(sshd.credential(**fields), guard, str(sshd.folder / "a.txt"))

    assert (failed.failure, failed.reason) == ("Permanent", "CredentialInvalid")


@pytest.mark.parametrize("password", [PASSWORD, "battery staple"])
async def test_a_password(sshd: SshHost, guard: Guard, password: str) -> None:
    target = sshd.folder / "by-password.txt"
    credential = sshd.credential(privateKey=None, password=password)

    if password == PASSWORD:
        context = a_context(credential, guard)
        await contexts.call("sftp.upload", context, path=str(target), content="x")
        assert target.read_text() == "x"
    else:
        failed = await failure(credential, guard, str(target))
        assert (failed.failure, failed.reason) == ("Permanent", "CredentialRefused")
        assert password not in failed.message


async def test_nobody_listens(sshd: SshHost, guard: Guard) -> None:
    failed = await failure(sshd.credential(port=a_free_port()), guard, "/a")

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")


async def test_a_place_that_is_not_allowed_is_not_reached(sshd: SshHost) -> None:
    failed = await failure(sshd.credential(), authority.a_guard("10.0.0.1"), "/a")

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")


RUDE: dict[str, tuple[Manner, bytes, set[str]]] = {
    "says nothing": ("says nothing", b"", {"Timeout"}),
    "hangs up": ("hangs up", b"", {"Transient"}),
    "is cut in the middle": ("breaks off", b"SSH-2.0-x\r\n", {"Transient"}),
    "talks without end": ("talks without end", b"", {"Permanent", "Transient"}),
}


@pytest.mark.parametrize(("manner", "greeting", "expected"), RUDE.values(), ids=RUDE)
async def test_a_server_that_behaves_badly(
    manner: Manner, greeting: bytes, expected: set[str], sshd: SshHost, guard: Guard
) -> None:
    async with rude(manner, greeting) as port:
        failed = await failure(sshd.credential(port=port), guard, "/a", 0.5)

    assert failed.failure in expected
