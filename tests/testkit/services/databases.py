"""PostgreSQL and MariaDB on loopback: each over TLS, with a user who has one database."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.commands import attempt, run
from cluster.waiting import until
from sluice_core.credentials import Database
from testkit.ports import a_free_port
from testkit.services import authority, packages, process

USER, PASSWORD, DATABASE = "sluice", "correct horse", "shop"
LIMITED = "limited"  # who has no connection at PostgreSQL, and one query an hour at MariaDB


@dataclass(frozen=True)
class DatabaseServer:
    """One that runs."""

    dialect: str
    port: int

    def credential(self, **fields: Any) -> Database:
        parts = {
            "dialect": self.dialect,
            "host": "127.0.0.1",
            "port": self.port,
            "username": USER,
            "password": PASSWORD,
            "database": DATABASE,
        }
        return Database.model_validate(parts | fields)


@contextmanager
def postgresql() -> Iterator[DatabaseServer]:
    """Passwords over TLS and in plain text: whether TLS is used is the client's decision."""
    programs = _postgresql_programs()
    with process.folder() as folder:
        data, port = folder / "data", a_free_port()
        run(
            *process.unprivileged(
                programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N"
            )
        )
        authority.write(folder)
        (data / "pg_hba.conf").write_text(
            "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        process.give(folder)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "ssl": "on",
            "ssl_cert_file": folder / "cert.pem",
            "ssl_key_file": folder / "key.pem",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        words = process.unprivileged(programs / "postgres", "-D", data, *options)
        with process.running(words, port, folder / "log"):
            psql = (programs / "psql", "-h", folder, "-p", str(port), "-U", "postgres", "-c")
            until("PostgreSQL takes statements", lambda: attempt(*psql, "SELECT 1"), 30)
            run(*psql, f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
            run(*psql, f"CREATE ROLE {LIMITED} LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
            run(*psql, f"CREATE DATABASE {DATABASE} OWNER {USER}")
            yield DatabaseServer("postgresql", port)


def _postgresql_programs() -> Path:
    pattern = "usr/lib/postgresql/*/bin/postgres"
    found = list(Path("/").glob(pattern)) or list(packages.tree("postgresql").glob(pattern))
    return max(found).parent


@contextmanager
def mariadb() -> Iterator[DatabaseServer]:
    """Its system tables are made by its own script, without the programs of the client."""
    server = packages.program("mariadbd", "mariadb-server-core")
    env, share = packages.environment(server), server.parents[1] / "share" / "mysql"
    with process.folder() as folder:
        data, port = folder / "data", a_free_port()
        (data / "mysql").mkdir(parents=True)
        authority.write(folder)
        process.give(folder)
        common = (
            "--no-defaults",
            f"--datadir={data}",
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share}/charsets",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-use-native-aio=0",
        )
        run(
            *process.unprivileged(server, *common, "--bootstrap"),
            stdin=_first_tables(share),
            env=env,
        )
        words = process.unprivileged(
            server,
            *common,
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={folder}/socket",
            f"--ssl-cert={folder}/cert.pem",
            f"--ssl-key={folder}/key.pem",
        )
        # In order it takes a while, and its data is thrown away.
        with process.running(words, port, folder / "log", env, signal.SIGKILL):
            yield DatabaseServer("mysql", port)


def _first_tables(share: Path) -> str:
    files = (
        "mysql_system_tables.sql",
        "mysql_performance_tables.sql",
        "mysql_system_tables_data.sql",
    )
    scripts = "\n".join((share / name).read_text() for name in files)
    return f"""USE mysql;
{scripts}
FLUSH PRIVILEGES;
CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;
CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON {DATABASE}.* TO {USER}@'%';
CREATE USER {LIMITED}@'%' IDENTIFIED BY '{PASSWORD}' WITH MAX_QUERIES_PER_HOUR 1;
GRANT ALL ON {DATABASE}.* TO {LIMITED}@'%';
"""
