"""http.get, http.post, http.put, http.patch and http.delete: call a URL, judge its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import orjson

from sluice_core.catalog import CATALOG
from sluice_core.catalog.http import HttpBodyParams, HttpParams
from sluice_runner.actions import http_credential
from sluice_runner.actions.action import Action, Context, Done
from sluice_runner.actions.http_answer import check, decoded
from sluice_runner.actions.http_credential import additions, merged

if TYPE_CHECKING:
    import httpx

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOT_IDEMPOTENT = frozenset({"POST", "PATCH"})


def calling(method: str) -> Callable[[HttpParams, Context], Awaitable[Done]]:
    """The action of that method."""

    async def run(params: HttpParams, ctx: Context) -> Done:
        from sluice_runner.actions.http_failure import failures_of  # noqa: PLC0415 - needs httpx

        began = ctx.now()
        shown = http_credential.shown(params.url, ctx)
        with failures_of(method, shown):
            answer = await _send(method, params, ctx)
        check(answer, method, params.model_copy(update={"url": shown}), ctx.now())
        return Done(
            output={
                "status": answer.status_code,
                "headers": dict(answer.headers),
                "body": decoded(answer),
            },
            result={
                "status": answer.status_code,
                "bytes": len(answer.content),
                "durationMs": max(0.0, (ctx.now() - began).total_seconds() * 1000),
            },
        )

    return run


async def _send(method: str, params: HttpParams, ctx: Context) -> httpx.Response:
    content = _content(params)
    added = additions(ctx, content or b"")
    own = _defaults(method, params, ctx.key)
    return await ctx.http().request(
        method,
        _with_query(params.url, {**params.query, **added.query}),
        headers=merged(own, added.defaults, params.headers, added.headers),
        content=content,
        follow_redirects=not any(300 <= code < 400 for code in params.expect),
    )


def _content(params: HttpParams) -> bytes | None:
    if not isinstance(params, HttpBodyParams):
        return None
    if params.body is not None:
        return params.body.encode()
    return orjson.dumps(params.json_) if "json_" in params.model_fields_set else None


def _defaults(method: str, params: HttpParams, key: str) -> dict[str, str]:
    """Headers that go along unless the step or its credential gives them."""
    headers = {}
    if method in NOT_IDEMPOTENT:
        headers["Idempotency-Key"] = quote(key, safe="/:")
    if "json_" in params.model_fields_set:
        headers["Content-Type"] = "application/json"
    return headers


def _with_query(url: str, query: Mapping[str, str | float]) -> str:
    if not query:
        return url
    pairs = [
        (name, str(value).lower() if isinstance(value, bool) else value)
        for name, value in query.items()
    ]
    base = url.partition("#")[0]
    return f"{base}{'&' if '?' in base else '?'}{urlencode(pairs)}"


ACTIONS = tuple(Action(CATALOG[f"http.{method.lower()}"], calling(method)) for method in METHODS)
