"""Send a request until it is answered for good: token, rate, count, and retries within bounds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from sluice_kube import errors, retry
from sluice_kube.bucket import Bucket
from sluice_kube.config import ClusterConfig
from sluice_kube.transport import Request, Stream, Transport

OnRequest = Callable[[str, str, int], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """Bounds of a session. `per_second` 0 leaves the rate to the API server's own fairness."""

    timeout: float = 30.0
    retries: retry.Policy = retry.DEFAULT
    per_second: float = 0
    burst: float = 64


DEFAULTS = Settings()


class Sender:
    """Requests in, bodies of successful answers out."""

    def __init__(self, config: ClusterConfig, settings: Settings, on_request: OnRequest) -> None:
        self._config, self._settings, self._count = config, settings, on_request
        rate = settings.per_second
        self._bucket = Bucket(rate, settings.burst) if rate else None

    async def __aenter__(self) -> Self:
        self._transport = Transport(self._config, self._settings.timeout)
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._transport.close()

    async def send(self, request: Request) -> bytes:
        """The body of a 2xx answer, or the error of the last attempt."""
        started, attempt, lost = time.monotonic(), 1, False
        while True:
            try:
                return await self._attempt(request)
            except errors.AlreadyExists as error:
                error.repeated = lost
                raise
            except errors.ApiError as error:
                elapsed = time.monotonic() - started
                policy, again = self._settings.retries, request.repeatable
                wait = retry.pause(error, policy, attempt, elapsed, repeatable=again)
                if wait is None:
                    raise
                lost = lost or (isinstance(error, errors.Unavailable) and error.sent)
            await asyncio.sleep(wait)
            attempt += 1

    @asynccontextmanager
    async def open(self, request: Request, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of a 2xx answer as it comes; `silence` is its longest pause in seconds."""
        stream = await self._opened(request, silence)
        try:
            yield stream.chunks()
        finally:
            stream.close()

    async def _attempt(self, request: Request) -> bytes:
        """One attempt; a token that the server refuses is renewed, and tried once more."""
        if self._bucket:
            await self._bucket.wait()
        source = self._config.token
        try:
            return await self._counted(request, await source.token())
        except errors.Unauthorized:
            return await self._counted(request, await source.token(refused=True))

    async def _counted(self, request: Request, token: str | None) -> bytes:
        try:
            status, body = await self._transport.exchange(request, token)
        except errors.ApiError as error:
            self._count(request.verb, request.subject, error.status)
            raise
        self._count(request.verb, request.subject, status)
        return body

    async def _opened(self, request: Request, silence: float) -> Stream:
        source = self._config.token
        try:
            stream = await self._transport.open(request, await source.token(), silence)
        except errors.ApiError as error:
            self._count(request.verb, request.subject, error.status)
            if isinstance(error, errors.Unauthorized):
                await source.token(refused=True)
            raise
        self._count(request.verb, request.subject, 200)
        return stream
