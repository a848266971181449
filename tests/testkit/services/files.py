"""pyftpdlib with TLS and OpenSSH's sshd on loopback, each with a folder for what it is given."""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from cluster.commands import run
from sluice_core.credentials import Ftp, Sftp
from testkit.ports import a_free_port
from testkit.services import authority, packages, process

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # asyncore's
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

USER, PASSWORD, PHRASE = "sluice", "correct horse", "battery staple"

START = """
mount --make-rprivate /
for file in passwd shadow; do mount --bind "$1/$file" "/etc/$file"; done
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd
chown 0 "$1/host"
exec "$0" -D -e -f "$1/config"
"""


@dataclass
class FtpHost:
    """`commands` is what it was told, the data's protection among it."""

    port: int
    home: Path
    tls: str
    commands: list[str] = field(default_factory=list)

    def credential(self, **fields: Any) -> Ftp:
        defaults = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": self.tls,
            "username": USER,
            "password": PASSWORD,
        }
        return Ftp.model_validate(defaults | fields)


@contextmanager
def ftp(home: Path, tls: str = "StartTls", bounce_to: str | None = None) -> Iterator[FtpHost]:
    """`bounce_to` is the address that it names for data."""
    host = FtpHost(0, home, tls)
    authority.write(home.parent)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(home), perm="elradfmwMT")

    class Handler(FTPHandler if tls == "None" else TLS_FTPHandler):  # type: ignore[misc]
        certfile = str(home.parent / "cert.pem")
        keyfile = str(home.parent / "key.pem")
        tls_control_required = tls != "None"
        tls_data_required = tls != "None"
        masquerade_address = bounce_to
        auth_failed_timeout = 0.01

        def __init__(self, conn: Any, server: Any, ioloop: Any = None) -> None:
            super().__init__(conn, server, ioloop)
            if tls == "Tls":
                self.secure_connection(self.ssl_context)

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            host.commands.append(cmd if cmd == "PASS" else line)
            super().pre_process_command(line, cmd, arg)

    Handler.authorizer = authorizer
    if bounce_to:
        Handler.proto_cmds = {
            name: told for name, told in FTPHandler.proto_cmds.items() if name != "EPSV"
        } | {name: told for name, told in TLS_FTPHandler.proto_cmds.items() if name != "EPSV"}
    loop = IOLoop()
    server = FTPServer(("127.0.0.1", 0), Handler, ioloop=loop)
    host.port = server.address[1]
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            server.serve_forever(timeout=0.02, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield host
    finally:
        ending.set()
        thread.join()


@dataclass(frozen=True)
class SshHost:
    """One that runs; `folder` is where its user may write."""

    port: int
    folder: Path
    host_key: str
    client_key: str
    locked_key: str

    def credential(self, **fields: Any) -> Sftp:
        defaults = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": USER,
            "privateKey": self.client_key,
            "hostKey": self.host_key,
        }
        given = defaults | fields
        return Sftp.model_validate({name: one for name, one in given.items() if one is not None})


@contextmanager
def sshd() -> Iterator[SshHost]:
    """With accounts of its own: it needs root, in a namespace where /etc/passwd is another."""
    if os.geteuid():
        pytest.skip("sshd lets users log in by password where it is root")
    server = packages.program("sshd", "openssh-server")
    with process.folder() as folder:
        port = a_free_port()
        _key(folder / "host")
        _key(folder / "client")
        _key(folder / "locked", PHRASE)
        known = [(folder / f"{name}.pub").read_text() for name in ("client", "locked")]
        (folder / "authorized").write_text("".join(known))
        (folder / "up").mkdir()
        process.give(folder)
        for name, text in _files(folder, port).items():
            (folder / name).write_text(text)
        words = ["unshare", "--mount", "sh", "-ec", START, str(server), str(folder)]
        env = packages.environment(server)
        with process.running(words, port, folder / "log", env):
            yield SshHost(
                port=port,
                folder=folder / "up",
                host_key=(folder / "host.pub").read_text(),
                client_key=(folder / "client").read_text(),
                locked_key=(folder / "locked").read_text(),
            )


def _files(folder: Path, port: int) -> dict[str, str]:
    secret = run("openssl", "passwd", "-6", "-stdin", stdin=PASSWORD).strip()
    return {
        "passwd": (
            "root:x:0:0::/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n"
            f"{USER}:x:{process.NOBODY}:{process.NOBODY}::{folder}:/bin/sh\n"
        ),
        "shadow": f"root:*:19000::::::\nsshd:*:19000::::::\n{USER}:{secret}:19000::::::\n",
        "config": f"""
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
PidFile none
StrictModes no
UsePAM no
AuthorizedKeysFile {folder}/authorized
Subsystem sftp internal-sftp
""",
    }


def _key(file: Path, passphrase: str = "") -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(file), passphrase=passphrase or None, rounds=50)
    key.write_public_key(f"{file}.pub")
    file.chmod(0o600)
