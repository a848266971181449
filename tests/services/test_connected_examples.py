"""Examples of actions that open connections of their own give what their comments say."""

from pathlib import Path

from sluice_core.credentials import Credential
from sluice_core.wire import Finished
from sluice_runner.egress.connect import Guard
from testkit import contexts, examples
from testkit.services import authority, files
from testkit.services.databases import DatabaseServer
from testkit.services.files import SshHost
from testkit.services.mail import serving_mail
from testkit.vendors.calls import Operator


async def play(action: str, credential: Credential, text: str = "") -> Finished:
    guard = authority.a_guard()
    flow = text or examples.text_of(action)
    end = await examples.play(flow, contexts.nobody, credential, Operator().grant, guard)
    await guard.kept.aclose()
    return end


def is_as_told(action: str, end: Finished) -> bool:
    told = ("Succeeded", "", examples.given_by(examples.text_of(action)))
    return (end.phase, end.message, end.output) == told


async def test_sql_query(postgresql: DatabaseServer, guard: Guard) -> None:
    for statement in (
        "CREATE TABLE sold (id int, day date, total numeric)",
        "INSERT INTO sold VALUES (1, '2026-01-31', 9.90), (2, '2026-02-01', 1)",
    ):
        context = contexts.a_context(credential=postgresql.credential, guard=lambda: guard)
        await contexts.call("sql.query", context, query=statement)

    end = await play("sql.query", postgresql.credential())

    assert is_as_told("sql.query", end), end


async def test_ftp_upload(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with files.ftp(home) as server:
        end = await play("ftp.upload", server.credential())

    assert is_as_told("ftp.upload", end), end
    assert (home / "reports" / "2026-01-31.csv").read_text() == "id,total\no-1,9.90"


async def test_sftp_upload(sshd: SshHost) -> None:
    text = examples.text_of("sftp.upload").replace('path: "', f'path: "{sshd.folder}/')

    end = await play("sftp.upload", sshd.credential(), text)

    assert is_as_told("sftp.upload", end), end
    assert (sshd.folder / "reports" / "2026-01-31.csv").read_text() == "id,total\no-1,9.90"


async def test_email_send() -> None:
    async with serving_mail() as server:
        end = await play("email.send", server.credential())

    assert is_as_told("email.send", end), end
    assert [one.recipients for one in server.letters] == [
        ("ada@example.com",),
        ("grace@example.com",),
    ]
