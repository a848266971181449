"""PostgreSQL through asyncpg: prepared statements, rows through a cursor, never several at once."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import orjson
from asyncpg.prepared_stmt import PreparedStatement
from pydantic import JsonValue

from sluice_core.wire import FailureClass
from sluice_runner.actions import sql_text
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.network_failure import words
from sluice_runner.actions.sql_parameters import converted
from sluice_runner.actions.sql_place import Place
from sluice_runner.actions.sql_rows import Rows, columns
from sluice_runner.actions.sql_session import Result
from sluice_runner.egress.connect import CONNECT_SECONDS, Guard
from sluice_runner.egress.named import NamedContext

CLOSE_SECONDS = 1.0
JSON = frozenset({"json", "jsonb"})
# https://www.postgresql.org/docs/current/errcodes-appendix.html, by code or by class
FAILURES: dict[str, tuple[FailureClass, str]] = {
    "57014": ("Timeout", "Timeout"),
    "28": ("Permanent", "CredentialRefused"),
    "40": ("Transient", "Conflict"),
    "55P03": ("Transient", "Conflict"),
    "53300": ("RateLimited", "TooManyConnections"),
    "08": ("Transient", "ConnectionFailed"),
    "53": ("Transient", "ServerBusy"),
    "57": ("Transient", "ServerBusy"),
    "58": ("Transient", "ServerBusy"),
}


class Session:
    """See sql_session.SqlSession."""

    def __init__(self, connection: Any, where: str) -> None:
        self._connection = connection
        self._where = where

    async def usable(self) -> bool:
        """The driver notices when the server hangs up."""
        return not self._connection.is_closed()

    async def close(self) -> None:
        """End the session at the server too."""
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
            await self._connection.close(timeout=CLOSE_SECONDS)

    async def query(self, query: str, parameters: dict[str, JsonValue], max_rows: int) -> Result:
        """Prepared first, so that the server tells of types, and refuses several statements."""
        names = sql_text.names(query, sql_text.POSTGRESQL)
        sql_text.check(names, parameters)
        numbers = {name: f"${index}" for index, name in enumerate(names, 1)}
        try:
            statement = await self._connection.prepare(
                sql_text.filled(query, sql_text.POSTGRESQL, numbers.__getitem__)
            )
            arguments = [
                converted(name, parameters[name], kind.name)
                for name, kind in zip(names, statement.get_parameters(), strict=True)
            ]
            return await self._carried_out(statement, arguments, max_rows)
        except asyncpg.PostgresError as error:
            raise _failure(self._where, error) from error
        except asyncpg.DataError as error:  # the driver's own, for values of a wrong type
            raise StepFailed("Permanent", "InvalidParameter", words(str(error))) from error
        except asyncpg.InterfaceError as error:
            raise ConnectionError(words(str(error))) from error

    async def _carried_out(
        self, statement: PreparedStatement, arguments: list[Any], max_rows: int
    ) -> Result:
        attributes = statement.get_attributes()
        if not attributes:
            await statement.fetch(*arguments)
            return Result(rows=None, count=_changed(statement.get_statusmsg()))
        rows = Rows(columns(one.name for one in attributes), max_rows)
        parsed = [at for at, one in enumerate(attributes) if one.type.name in JSON]
        async with self._connection.transaction():
            cursor = await statement.cursor(*arguments)
            while wanted := rows.wanted():
                found: Sequence[Any] = await cursor.fetch(wanted)
                rows.add([_with_data(row, parsed) for row in found] if parsed else found)
                if len(found) < wanted:
                    break
        return rows.result()


async def opened(guard: Guard, where: Place, timeout_seconds: float | None) -> Session:
    """A login over TLS, in UTC, whose statements the server ends when the step's time is over."""
    settings = {"application_name": "sluice", "timezone": "UTC"}
    if timeout_seconds:
        settings["statement_timeout"] = str(int(timeout_seconds * 1000))
    target = where.target
    try:
        connection = await guard.dialled(
            target,
            lambda address: asyncpg.connect(
                host=str(address),
                port=target.port,
                user=where.user,
                password=where.password,
                database=where.database or None,
                ssl=NamedContext(guard.trust(), target.host) if target.encrypted else False,
                timeout=min(timeout_seconds or CONNECT_SECONDS, CONNECT_SECONDS),
                server_settings=settings,
            ),
        )
    except asyncpg.PostgresError as error:
        raise _failure(str(target), error) from error
    except asyncpg.InterfaceError as error:
        raise ConnectionError(words(str(error))) from error
    return Session(connection, str(target))


def _failure(where: str, error: asyncpg.PostgresError) -> StepFailed:
    code = error.sqlstate or ""
    failure, reason = FAILURES.get(code) or FAILURES.get(code[:2]) or ("Permanent", "SqlRefused")
    said = f"{where}: {code} {error}"
    if code == "42601" and "multiple commands" in str(error):
        said = f"{where}: one step carries out one statement, this query has several"
    hint = getattr(error, "hint", None)
    return StepFailed(failure, reason, words(f"{said} ({hint})" if hint else said))


def _changed(status: str) -> int:
    """Of `UPDATE 3` or `INSERT 0 3`; statements that change no rows end without a number."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0


def _with_data(row: Sequence[Any], parsed: list[int]) -> list[Any]:
    values = list(row)
    for at in parsed:
        if values[at] is not None:
            values[at] = orjson.loads(values[at])
    return values
