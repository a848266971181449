"""What informer and follower make of streams that no real API server gives on demand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from aiohttp import web

from sluice_kube.follow import follow
from sluice_kube.informer import Informer
from sluice_kube.resources import PODS, Key, Manifest
from sluice_kube.session import Session
from testkit.eventually import until
from testkit.scripted_api import Answer, ScriptedApi, says

TOO_OLD = {"code": 410, "reason": "Expired", "message": "too old resource version"}


def a_pod(name: str, version: int, uid: str = "u") -> Manifest:
    return {
        "metadata": {"namespace": "n", "name": name, "uid": uid, "resourceVersion": f"{version}"}
    }


def a_list(version: int, *pods: Manifest, following: str = "") -> dict[str, Any]:
    return {
        "metadata": {"resourceVersion": f"{version}", "continue": following},
        "items": list(pods),
    }


def event(kind: str, body: Manifest) -> bytes:
    return orjson.dumps({"type": kind, "object": body}) + b"\n"


class Script:
    """Answers in turn; `asked` holds what of each request a watch is about."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[str] = []
        self.answers = [self._noting(answer) for answer in (*answers, stays)]

    def _noting(self, answer: Answer) -> Answer:
        async def noted(request: web.Request) -> web.StreamResponse:
            query = request.query
            if "watch" in query:
                self.asked.append(f"watch {query['resourceVersion']}")
            else:
                self.asked.append(f"list {query.get('continue', '')}".rstrip())
            return await answer(request)

        return noted


def streams(*chunks: bytes, breaks: bool = False) -> Answer:
    """A watch that says these and ends, or breaks off."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if breaks and request.transport:
            request.transport.abort()
        return response

    return answer


async def stays(request: web.Request) -> web.StreamResponse:
    """A watch on which nothing happens any more."""
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    return response


@asynccontextmanager
async def informing(script: Script) -> AsyncIterator[list[str]]:
    """The changes that an informer reports, as "a: 1 -> 2"."""
    changes: list[str] = []

    def on_change(key: Key, old: Manifest | None, new: Manifest | None) -> None:
        changes.append(f"{key.name}: {version(old)} -> {version(new)}")

    async with ScriptedApi(script.answers) as api, Session(api.config) as session:
        informer = Informer(session, PODS, on_change=on_change)
        async with cancelled_after(asyncio.create_task(informer.run())):
            yield changes


@asynccontextmanager
async def cancelled_after(task: asyncio.Task[Any]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def version(manifest: Manifest | None) -> str:
    return manifest["metadata"]["resourceVersion"] if manifest else "none"


def asked(script: Script, *wanted: str) -> Callable[[], bool]:
    return lambda: script.asked == list(wanted)


async def test_a_watch_that_ends_is_resumed_where_it_stood() -> None:
    script = Script(says(200, a_list(5, a_pod("a", 3))), streams(event("MODIFIED", a_pod("a", 6))))

    async with informing(script) as changes:
        await until(asked(script, "list", "watch 5", "watch 6"), "resumed")

    assert changes == ["a: none -> 3", "a: 3 -> 6"]


async def test_a_bookmark_moves_the_place_and_is_no_change() -> None:
    bookmark = event("BOOKMARK", {"metadata": {"resourceVersion": "900"}})
    script = Script(says(200, a_list(5)), streams(bookmark))

    async with informing(script) as changes:
        await until(asked(script, "list", "watch 5", "watch 900"), "resumed")

    assert changes == []


async def test_half_a_line_before_a_break_is_not_taken() -> None:
    whole, half = event("ADDED", a_pod("a", 6)), event("ADDED", a_pod("b", 7))[:40]
    script = Script(says(200, a_list(5)), streams(whole + half, breaks=True))

    async with informing(script) as changes:
        await until(asked(script, "list", "watch 5", "watch 6"), "resumed")

    assert changes == ["a: none -> 6"]


async def test_a_lost_place_is_listed_anew_and_deletions_meanwhile_are_told() -> None:
    first = a_list(5, a_pod("goes", 1), a_pod("replaced", 2), a_pod("stays", 3))
    second = a_list(50, a_pod("replaced", 40, uid="other"), a_pod("stays", 3))
    script = Script(says(200, first), streams(event("ERROR", TOO_OLD)), says(200, second))

    async with informing(script) as changes:
        await until(asked(script, "list", "watch 5", "list", "watch 50"), "listed anew")

    assert changes[3:] == ["replaced: 2 -> none", "replaced: none -> 40", "goes: 1 -> none"]


async def test_a_watch_that_is_refused_as_too_old_is_listed_anew() -> None:
    script = Script(says(200, a_list(5)), says(410, TOO_OLD), says(200, a_list(50)))

    async with informing(script):
        await until(asked(script, "list", "watch 5", "list", "watch 50"), "listed anew")

        assert script.asked[-1] == "watch 50"


async def test_a_busy_server_is_not_asked_for_a_list() -> None:
    busy = says(429, {"message": "storage is initializing"}, Retry_After="0.01")
    script = Script(says(200, a_list(5)), busy)

    async with informing(script):
        await until(asked(script, "list", "watch 5", "watch 5"), "asked again")

        assert script.asked.count("list") == 1


async def test_a_list_whose_pages_got_too_old_is_begun_again() -> None:
    script = Script(
        says(200, a_list(5, a_pod("a", 1), following="more")),
        says(410, TOO_OLD),
        says(200, a_list(50, a_pod("a", 1), a_pod("b", 2))),
    )

    async with informing(script) as changes:
        await until(asked(script, "list", "list more", "list", "watch 50"), "begun again")

    assert changes == ["a: none -> 1", "b: none -> 2"]


async def test_a_follower_tells_of_a_gap_only_when_there_was_one() -> None:
    told: list[str] = []
    script = Script(
        says(200, a_list(5)),
        streams(event("ADDED", a_pod("a", 6)), breaks=True),
        streams(event("ADDED", a_pod("b", 7)), event("ERROR", TOO_OLD)),
        says(200, a_list(50)),
    )

    def on_line(line: bytes) -> None:
        told.append(orjson.loads(line)["object"]["metadata"]["name"])

    async with ScriptedApi(script.answers) as api, Session(api.config) as session:
        following = follow(session, PODS, on_line, lambda: told.append("gap"))
        async with cancelled_after(asyncio.create_task(following)):
            wanted = ("list", "watch 5", "watch 6", "list", "watch 50")
            await until(asked(script, *wanted), "followed on")
            await until(lambda: len(told) == 4, "told")

    assert told == ["gap", "a", "b", "gap"]
