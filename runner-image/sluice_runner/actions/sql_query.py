"""sql.query: one statement, on a connection that steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core import credentials
from sluice_core.catalog import CATALOG
from sluice_core.catalog.sql import SqlQueryParams
from sluice_runner.actions import given
from sluice_runner.actions.action import Action, Context, Done

if TYPE_CHECKING:
    from sluice_runner.actions.sql_place import Place
    from sluice_runner.actions.sql_session import SqlSession
    from sluice_runner.egress.connect import Guard


async def run(params: SqlQueryParams, ctx: Context) -> Done:
    """A step that fails or is cancelled takes its connection along."""
    from sluice_runner.actions.network_failure import failures_of  # noqa: PLC0415
    from sluice_runner.actions.sql_place import place  # noqa: PLC0415

    guard = ctx.guard()
    where = place(given.credential(ctx, credentials.Database))

    async def opened() -> SqlSession:
        return await _open(guard, where, ctx.timeout_seconds)

    key = ("sql", where, where.password, ctx.timeout_seconds)
    with failures_of(str(where.target)):
        async with guard.kept.lent(key, opened) as session:
            found = await session.query(params.query, dict(params.parameters), params.max_rows)
    output: dict[str, JsonValue] = {"rows": [*(found.rows or [])], "count": found.count}
    if found.truncated:
        output["truncated"] = True
    return Done(output=output, result={"count": found.count})


async def _open(guard: Guard, where: Place, timeout_seconds: float | None) -> SqlSession:
    if where.dialect == "postgresql":
        from sluice_runner.actions import sql_postgresql  # noqa: PLC0415 - needs asyncpg

        return await sql_postgresql.opened(guard, where, timeout_seconds)
    from sluice_runner.actions import sql_mysql  # noqa: PLC0415 - needs asyncmy

    return await sql_mysql.opened(guard, where, timeout_seconds)


ACTION = Action(CATALOG["sql.query"], run)
