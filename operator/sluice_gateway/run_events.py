"""A run's changes as server-sent events, until it ends, is deleted, or nobody listens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Protocol

import orjson

from sluice_gateway import answers
from sluice_gateway.waiting import has_ended
from sluice_kube import errors
from sluice_kube.resources import RUNS, Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Page

BEAT_SECONDS = 15.0
AGAIN_SECONDS = 1.0


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Part of a list."""

    def stream(self, resource: Resource, resource_version: str, scope: Scope) -> Any:
        """Watch from a version on."""


async def changes(session: Api, key: Key) -> AsyncIterator[bytes]:
    """The text of an event stream (WHATWG HTML, 9.2): `status` at each change, `end` at the end.

    A watch that breaks is begun anew with what is there then, so that the end is never missed.
    """
    scope = Scope(key.namespace, fields=f"metadata.name={key.name}")
    while True:
        page = await session.page(RUNS, scope, limit=1, following="")
        if not page.items:
            yield _event("deleted", {"executionId": key.name})
            return
        run = page.items[0]
        yield _told(run)
        if has_ended(run):
            return
        async with aclosing(_watched(session, page.resource_version, scope)) as events:
            async for event in events:
                yield event
                if event.startswith((b"event: end", b"event: deleted")):
                    return
        await asyncio.sleep(AGAIN_SECONDS)


async def _watched(session: Api, version: str, scope: Scope) -> AsyncGenerator[bytes]:
    try:
        async with session.stream(RUNS, version, scope) as lines:
            reading = aiter(lines)
            following = asyncio.ensure_future(anext(reading))
            try:
                while True:
                    done, _ = await asyncio.wait({following}, timeout=BEAT_SECONDS)
                    if not done:
                        yield b": \n\n"
                        continue
                    line = orjson.loads(following.result())
                    following = asyncio.ensure_future(anext(reading))
                    if line["type"] == "DELETED":
                        yield _event("deleted", {"executionId": line["object"]["metadata"]["name"]})
                    elif line["type"] != "BOOKMARK":
                        yield _told(line["object"])
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
    except (errors.ApiError, StopAsyncIteration):
        return


def _told(run: Manifest) -> bytes:
    shown = answers.summary(run)
    shown["steps"] = [
        {field: step[field] for field in ("name", "phase", "durationMs", "port") if field in step}
        for step in run.get("status", {}).get("steps", ())
    ]
    return _event("end" if has_ended(run) else "status", shown)


def _event(kind: str, data: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps(data))
