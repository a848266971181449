"""Actions beside the bare library that they use, and what a thousand runs leave behind."""

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import httpx
import uvloop

from bench.report import Figure, table
from sluice_core import wire
from sluice_runner import engine
from sluice_runner.actions import ACTIONS
from sluice_runner.egress.transport import client
from sluice_runner.templating.renderer import Renderer
from testkit.contexts import a_context, call, nobody
from testkit.runs import a_definition
from testkit.services import authority, databases, mail

CALLS, QUERIES, ROUNDS, RUNS = 300, 7, 3, 1000
ROWS = (
    "SELECT n AS id, 'sku-' || n AS sku, n * 1.5::float8 AS total, n % 2 = 0 AS paid,"
    " now() AS created FROM generate_series(1, 10000) AS n"
)
PAGE = 4096
Work = Callable[[], Awaitable[object]]


async def figures() -> list[Figure]:
    """Every figure about actions. Half a minute."""
    async with answering() as url:
        ratio, growth = await _http_ratio(url), await _growth(url)
    return [
        Figure("http_get_ratio", ratio, "bare httpx", "<= 1.5"),
        Figure("sql_10000_rows_ratio", await _sql_ratio(), "bare asyncpg", "<= 1.5"),
        Figure("mail_100_s", await _mail(), "s"),
        Figure("runner_growth_mb_1000_runs", growth, "MB", "<= 5"),
    ]


@asynccontextmanager
async def answering() -> AsyncIterator[str]:
    """The URL of a server that does not share this process."""
    words = (sys.executable, "-m", "bench.answering")
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        await process.wait()


async def _http_ratio(url: str) -> float:
    async with client(authority.a_guard()) as guarded, httpx.AsyncClient() as bare:
        context = a_context(http=lambda: guarded)
        return await _ratio(
            lambda: call("http.get", context, url=url), lambda: bare.get(url), CALLS
        )


async def _sql_ratio() -> float:
    guard = authority.a_guard()
    with databases.postgresql() as server:
        context = a_context(credential=server.credential, guard=lambda: guard)
        where = server.credential()
        connection = await asyncpg.connect(
            host=where.host,
            port=where.port,
            user=databases.USER,
            password=databases.PASSWORD,
            database=where.database,
            ssl=authority.trust(),
        )

        async def bare() -> object:
            return [dict(row) for row in await connection.fetch(ROWS)]

        given: dict[str, Any] = {"query": ROWS, "maxRows": 10_000}
        ratio = await _ratio(lambda: call("sql.query", context, **given), bare, QUERIES)
        await connection.close()
        await guard.kept.aclose()
    return ratio


async def _mail() -> float:
    """The server runs in this process too."""
    guard = authority.a_guard()

    async def granted(*_: object) -> None:
        pass

    async with mail.serving_mail() as server:
        context = a_context(credential=server.credential, guard=lambda: guard, ask=granted)
        to = [f"r{number}@example.com" for number in range(100)]
        began = time.perf_counter()
        await call("email.send", context, to=to, text="hello", mode="individual")
        seconds = time.perf_counter() - began
        await guard.kept.aclose()
    return seconds


async def _growth(url: str) -> float:
    """Of this process, over runs that call a server and render what it says."""
    steps = (
        {"name": "get", "action": "http.get", "with": {"url": url}},
        {"name": "count", "action": "transform", "with": {"template": "{{ data.status }}"}},
    )
    async with Renderer() as renderer, client(authority.a_guard()) as http:
        tools = engine.Tools(
            renderer=renderer,
            actions=ACTIONS,
            emit=lambda _: None,
            http=lambda: http,
            guard=authority.a_guard,
            credential=_no_credential,
            documents=_no_documents,
            ask=nobody,
        )

        async def runs(count: int) -> None:
            for number in range(count):
                ends: list[wire.Happening] = []
                job = engine.Job(
                    uid=f"u{number}",
                    name="bench",
                    namespace="default",
                    workflow="bench",
                    revision=1,
                    definition=a_definition(*steps),
                )
                await engine.execute(job, _noting(tools, ends))
                assert isinstance(ends[-1], wire.Finished)
                assert ends[-1].phase == "Succeeded", ends[-1]

        await runs(RUNS // 5)
        before = _resident()
        await runs(RUNS)
        return _resident() - before


def _noting(tools: engine.Tools, ends: list[wire.Happening]) -> engine.Tools:
    return replace(tools, emit=ends.append)


def _no_credential(_: str) -> Any:
    raise AssertionError("no step here names a credential")


def _no_documents() -> NoReturn:
    raise AssertionError("no step here opens a document")


def _resident() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


async def _ratio(ours: Work, bare: Work, times: int) -> float:
    """Of medians, called in turn."""
    for work in (ours, bare):
        await work()
    taken: dict[Work, list[float]] = {ours: [], bare: []}
    for _ in range(ROUNDS):
        for work, seconds in taken.items():
            for _ in range(times):
                began = time.perf_counter()
                await work()
                seconds.append(time.perf_counter() - began)
    return statistics.median(taken[ours]) / statistics.median(taken[bare])


if __name__ == "__main__":
    print(table(uvloop.run(figures())))
