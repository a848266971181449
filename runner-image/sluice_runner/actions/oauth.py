"""Access tokens of vendors that give them by OAuth: as they are, or renewed with a refresh token.

RFC 6749, 6. Tokens are kept in memory alone, for as long as the runner's client lives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from sluice_core.credentials import Box, Dropbox
from sluice_runner.actions import vendor
from sluice_runner.actions.action import Context, StepFailed

if TYPE_CHECKING:
    import httpx

MARGIN = timedelta(seconds=60)  # before its end a token is not used any more
USUAL_SECONDS, LONGEST = 3600, 86_400
KEPT = 64  # credentials of one runner

Send = Callable[[str], Awaitable["httpx.Response"]]


@dataclass(repr=False)
class _Token:
    """What a refresh token was last exchanged for; one exchange at a time."""

    refresh: str
    access: str = ""
    until: datetime | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Issuer:
    """Where a vendor exchanges tokens."""

    name: str
    url: str


_KEPT: WeakKeyDictionary[httpx.AsyncClient, dict[tuple[str, str], _Token]] = WeakKeyDictionary()


async def authorized(
    credential: Box | Dropbox, issuer: Issuer, ctx: Context, send: Send
) -> httpx.Response:
    """The answer of `send`, which is given a token; once more with a new one after a 401."""
    if credential.refresh_token is None:
        fixed = credential.access_token.get_secret_value() if credential.access_token else ""
        return await send(fixed)
    token = _token_of(credential, ctx)
    answer = await send(access := await _access(token, credential, issuer, ctx))
    if answer.status_code != 401:
        return answer
    if token.access == access:
        token.access = ""
    return await send(await _access(token, credential, issuer, ctx))


def _token_of(credential: Box | Dropbox, ctx: Context) -> _Token:
    """By what lies in the Secret, so that a new one there counts at once."""
    given = credential.refresh_token.get_secret_value() if credential.refresh_token else ""
    tokens = _KEPT.setdefault(ctx.http(), {})
    key = (credential.type, given)
    if key not in tokens and len(tokens) >= KEPT:
        tokens.pop(next(iter(tokens)))
    return tokens.setdefault(key, _Token(refresh=given))


async def _access(token: _Token, credential: Box | Dropbox, issuer: Issuer, ctx: Context) -> str:
    async with token.lock:
        if not token.access or (token.until is not None and ctx.now() >= token.until):
            await _renew(token, credential, issuer, ctx)
        return token.access


async def _renew(token: _Token, credential: Box | Dropbox, issuer: Issuer, ctx: Context) -> None:
    """Some vendors, as Box, give a new refresh token each time, and the old one is void."""
    id_, secret = credential.client_id, credential.client_secret
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token.refresh,
        "client_id": id_.get_secret_value() if id_ else "",
        "client_secret": secret.get_secret_value() if secret else "",
    }
    call = vendor.Call(
        name=issuer.name,
        url=issuer.url,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        content=urlencode(form).encode(),
    )
    answer = await vendor.send(ctx, call)
    said = vendor.fields(answer)
    if not answer.is_success:
        raise _refusal(call, answer, ctx)
    access, refresh, seconds = (
        said.get(name) for name in ("access_token", "refresh_token", "expires_in")
    )
    if not isinstance(access, str) or not access:
        raise vendor.unreadable(call)
    lasting = min(seconds, LONGEST) if isinstance(seconds, int | float) else USUAL_SECONDS
    token.access, token.until = access, ctx.now() + timedelta(seconds=lasting) - MARGIN
    token.refresh = refresh if isinstance(refresh, str) and refresh else token.refresh


def _refusal(call: vendor.Call, answer: httpx.Response, ctx: Context) -> StepFailed:
    """Errors of RFC 6749, 5.2; all that say who asks is wrong are the credential's."""
    said = vendor.fields(answer)
    error = str(said.get("error") or "")
    words = ": ".join(str(said[name]) for name in ("error", "error_description") if said.get(name))
    wrong = error in ("invalid_grant", "invalid_client", "unauthorized_client")
    return vendor.refusal(call, answer, ctx, words, vendor.REFUSED if wrong else "")
