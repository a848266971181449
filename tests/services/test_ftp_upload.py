"""ftp.upload against a real FTP server with TLS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluice_core.credentials import Ftp
from sluice_runner.actions.action import Context, StepFailed
from sluice_runner.egress.connect import Guard
from testkit import contexts
from testkit.ports import a_free_port
from testkit.services import authority, files
from testkit.services.files import FtpHost
from testkit.services.rude import Manner, rude


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def server(home: Path) -> Iterator[FtpHost]:
    with files.ftp(home) as running:
        yield running


def texts_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def a_context(credential: Ftp, guard: Guard, seconds: float = 5) -> Context:
    return contexts.a_context(
        credential=lambda: credential, guard=lambda: guard, timeout_seconds=seconds
    )


async def failure(
    credential: Ftp, guard: Guard, seconds: float = 5, path: str = "/a.txt"
) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        await contexts.call(
            "ftp.upload", a_context(credential, guard, seconds), path=path, content="x"
        )
    assert len(failed.value.message) < 2500
    return failed.value


@pytest.mark.parametrize("tls", ["StartTls", "Tls", "None"])
async def test_a_file_arrives_whole(tls: str, home: Path, guard: Guard) -> None:
    content = "größer\n" * 100_000

    with files.ftp(home, tls) as server:
        done = await contexts.call(
            "ftp.upload", a_context(server.credential(), guard), path="/a.txt", content=content
        )

    assert done.output == {"path": "/a.txt", "bytes": len(content.encode())}
    assert texts_in(home) == {"a.txt": content}
    assert ("PROT P" in server.commands) == (tls != "None")


async def test_it_is_written_under_another_name_and_renamed(server: FtpHost, guard: Guard) -> None:
    (server.home / "a.txt").write_text("before")

    await contexts.call(
        "ftp.upload", a_context(server.credential(), guard), path="/a.txt", content={"a": 1}
    )

    [stored] = [line for line in server.commands if line.startswith("STOR")]
    assert stored.startswith("STOR /.a.txt.")
    assert "RNTO /a.txt" in server.commands
    assert (server.home / "a.txt").read_text() == '{"a":1}'


async def test_folders_are_made_when_that_is_asked_for(server: FtpHost, guard: Guard) -> None:
    context = a_context(server.credential(), guard)
    lacking = await failure(server.credential(), guard, path="/b/c/a.txt")

    for _ in range(2):
        await contexts.call("ftp.upload", context, path="/b/c/a.txt", content="x", mkdirs=True)

    assert (lacking.failure, lacking.reason) == ("Permanent", "Ftp550")
    assert (server.home / "b" / "c" / "a.txt").read_text() == "x"


async def test_data_go_to_the_same_machine_or_nowhere(home: Path, guard: Guard) -> None:
    with files.ftp(home, bounce_to="127.0.0.9") as server:
        failed = await failure(server.credential(), authority.a_guard("127.0.0.0/8"))

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")
    assert "127.0.0.9" in failed.message
    assert not [line for line in server.commands if line.startswith("STOR")]


async def test_data_go_to_allowed_ports_alone(server: FtpHost) -> None:
    failed = await failure(server.credential(), authority.a_guard(f"127.0.0.1:{server.port}"))

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")


async def test_wrong_credentials(server: FtpHost, guard: Guard) -> None:
    failed = await failure(server.credential(password="battery"), guard)

    assert (failed.failure, failed.reason) == ("Permanent", "CredentialRefused")
    assert "battery" not in failed.message


async def test_a_certificate_of_a_stranger_is_refused(server: FtpHost) -> None:
    failed = await failure(server.credential(), Guard(authority.a_guard().egress))

    assert (failed.failure, failed.reason) == ("Permanent", "CertificateInvalid")
    assert "PASS" not in server.commands


async def test_a_server_without_tls_gets_no_password(home: Path, guard: Guard) -> None:
    with files.ftp(home, "None") as server:
        failed = await failure(server.credential(tls="StartTls"), guard)

    assert failed.failure == "Permanent"
    assert "PASS" not in server.commands


async def test_nobody_listens(home: Path, guard: Guard) -> None:
    failed = await failure(FtpHost(a_free_port(), home, "StartTls").credential(), guard)

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")


async def test_a_place_that_is_not_allowed_is_not_reached(server: FtpHost) -> None:
    failed = await failure(server.credential(), authority.a_guard("10.0.0.1"))

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")


RUDE: dict[str, tuple[Manner, bytes, tuple[str, str]]] = {
    "says nothing": ("says nothing", b"", ("Timeout", "Timeout")),
    "hangs up": ("hangs up", b"", ("Transient", "ConnectionFailed")),
    "is cut in the middle": ("breaks off", b"220 hello\r\n", ("Transient", "ConnectionFailed")),
    "is full": ("says nothing", b"421 too many\r\n", ("RateLimited", "Ftp421")),
    "talks on one line": ("talks without end", b"", ("Permanent", "NotFtp")),
    "talks on many lines": (
        "says nothing",
        b"220-a\r\n" * 2000,
        ("Transient", "ConnectionFailed"),
    ),
}


@pytest.mark.parametrize(("manner", "greeting", "expected"), RUDE.values(), ids=RUDE)
async def test_a_server_that_behaves_badly(
    manner: Manner, greeting: bytes, expected: tuple[str, str], home: Path, guard: Guard
) -> None:
    async with rude(manner, greeting) as port:
        failed = await failure(FtpHost(port, home, "StartTls").credential(), guard, 0.3)

    assert (failed.failure, failed.reason) == expected


PATHS = ["a\r\nDELE b", "/a/../b", "a/", "a\0b", "/"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_that_is_none_is_refused(path: str, guard: Guard, home: Path) -> None:
    context: Any = a_context(FtpHost(1, home, "None").credential(), guard)

    with pytest.raises(ValueError, match="path"):
        await contexts.call("ftp.upload", context, path=path, content="x")
