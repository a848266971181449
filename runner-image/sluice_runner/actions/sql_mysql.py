"""MySQL and MariaDB through asyncmy: one statement, rows as they come, never several at once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncmy.connection
import orjson
from asyncmy import errors
from asyncmy.constants.CLIENT import MULTI_STATEMENTS
from asyncmy.cursors import SSCursor
from pydantic import JsonValue

from sluice_core.wire import FailureClass
from sluice_runner.actions import sql_text
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.content import to_bytes
from sluice_runner.actions.network_failure import words
from sluice_runner.actions.sql_place import Place
from sluice_runner.actions.sql_rows import Rows, columns
from sluice_runner.actions.sql_session import Result
from sluice_runner.egress.connect import CONNECT_SECONDS, Guard
from sluice_runner.egress.named import NamedContext

# https://mariadb.com/kb/en/mariadb-error-code-reference/ and the numbers of the client library
FAILURES: dict[int, tuple[FailureClass, str]] = {
    1044: ("Permanent", "CredentialRefused"),
    1045: ("Permanent", "CredentialRefused"),
    1698: ("Permanent", "CredentialRefused"),
    1205: ("Transient", "Conflict"),
    1213: ("Transient", "Conflict"),
    1020: ("Transient", "Conflict"),
    1040: ("RateLimited", "TooManyConnections"),
    1203: ("RateLimited", "TooManyConnections"),
    1226: ("RateLimited", "LimitReached"),
    1053: ("Transient", "ServerBusy"),
    1927: ("Transient", "ConnectionFailed"),
    2003: ("Transient", "ConnectionFailed"),
    2006: ("Transient", "ConnectionFailed"),
    2013: ("Transient", "ConnectionFailed"),
    1317: ("Transient", "Interrupted"),
    1969: ("Timeout", "Timeout"),
    3024: ("Timeout", "Timeout"),
}


class OneStatement(asyncmy.connection.Connection):
    """A connection that does not offer the server to take several statements at a time."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)  # type: ignore[no-untyped-call]
        self._client_flag &= ~MULTI_STATEMENTS  # type: ignore[attr-defined]


class Session:
    """See sql_session.SqlSession."""

    def __init__(self, connection: Any, where: str) -> None:
        self._connection = connection
        self._transport = connection._transport  # noqa: SLF001 - it can only close, and that waits
        self._where = where
        self._rows = 0  # that the server has been told of

    async def usable(self) -> bool:
        """Ask the server, which may have hung up meanwhile."""
        try:
            await self._connection.ping(reconnect=False)
        except (errors.MySQLError, OSError):
            return False
        return True

    async def close(self) -> None:
        """At once: what runs is not waited for, nor is the peer's end of TLS."""
        self._connection.close()
        self._transport.abort()

    async def query(self, query: str, parameters: dict[str, JsonValue], max_rows: int) -> Result:
        """Values go into the statement as literals, written by the driver for this server."""
        sql_text.check(sql_text.names(query, sql_text.MYSQL), parameters)
        statement = sql_text.filled(
            query, sql_text.MYSQL, lambda name: self._literal(name, parameters[name])
        )
        try:
            return await self._carried_out(statement, max_rows)
        except errors.MySQLError as error:
            raise _failure(self._where, error) from error

    async def _carried_out(self, statement: str, max_rows: int) -> Result:
        await self._limit(max_rows + 1)
        cursor = SSCursor(self._connection)
        await cursor.execute(statement)
        if cursor.description is None:
            return Result(rows=None, count=cursor.rowcount)
        rows = Rows(columns(one[0] for one in cursor.description), max_rows)
        while wanted := rows.wanted():
            found: Sequence[Any] = await cursor.fetchmany(wanted)
            rows.add(found)
            if len(found) < wanted:
                break
        await cursor.close()
        return rows.result()

    async def _limit(self, rows: int) -> None:
        """Tell the server, so that what nobody reads is not sent."""
        if rows != self._rows:
            await self._connection.query(f"SET sql_select_limit={rows}")
            self._rows = rows

    def _literal(self, name: str, value: JsonValue) -> str:
        if isinstance(value, dict) and isinstance(value.get("base64"), str):
            return f"X'{to_bytes(value, f'parameters.{name}').hex()}'"
        if isinstance(value, dict | list):
            value = orjson.dumps(value).decode()
        written: str = self._connection.escape(value)
        return written


async def opened(guard: Guard, where: Place, timeout_seconds: float | None) -> Session:
    """A login over TLS, in UTC, whose statements the server ends when the step's time is over."""
    target = where.target

    seconds = min(timeout_seconds or CONNECT_SECONDS, CONNECT_SECONDS)

    async def connect(address: object) -> Any:
        connection = OneStatement(
            host=str(address),
            port=target.port,
            user=where.user,
            password=where.password,
            database=where.database or None,
            charset="utf8mb4",
            ssl=NamedContext(guard.trust(), target.host) if target.encrypted else None,
            autocommit=None,
        )
        async with asyncio.timeout(seconds):
            await connection.connect()
        return connection

    try:
        connection = await guard.dialled(target, connect)
        await connection.query(_settings(connection.server_version, timeout_seconds))
    except errors.MySQLError as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise _failure(str(target), error) from error
    return Session(connection, str(target))


def _settings(version: str, timeout_seconds: float | None) -> str:
    """In one statement. Backslashes escape, as `sql_text` and the driver have it."""
    settings = [
        "autocommit=1",
        "time_zone='+00:00'",
        "sql_mode=REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
    ]
    if timeout_seconds and "MariaDB" in version:
        settings.append(f"max_statement_time={timeout_seconds}")
    elif timeout_seconds:
        settings.append(f"max_execution_time={int(timeout_seconds * 1000)}")
    return f"SET {', '.join(settings)}"


def _failure(where: str, error: errors.MySQLError) -> StepFailed:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = str(error.args[1]) if len(error.args) > 1 else str(error)
    failure, reason = FAILURES.get(number, ("Permanent", "SqlRefused"))
    return StepFailed(failure, reason, words(f"{where}: {number} {said}"))
