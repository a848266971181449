"""One attempt: sign, send through the guard, and judge the answer."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from sluice_core import plain, wire
from sluice_courier.signer import NoKey, Signer
from sluice_runner.actions.http_answer import printable, retry_after
from sluice_runner.egress.body import BodyRefused
from sluice_runner.egress.rules import EgressRefused

log = logging.getLogger(__name__)

ATTEMPT_SECONDS = 15.0
WORDS = 300  # bytes of an answer that are told
MESSAGE = 1000
GONE = 410
USER_AGENT = "sluice-courier"


@dataclass(frozen=True)
class Sender:
    """Delivers letters; `http` is the guarded client."""

    http: httpx.AsyncClient
    signer: Signer
    clock: Callable[[], float]
    patience: float = ATTEMPT_SECONDS

    async def deliver(self, letter: wire.Letter) -> wire.Delivery:
        """Whatever happens, an answer that tells no secret and no query of the URL."""
        where = printable(letter.url).partition("?")[0]
        try:
            headers = await self.signer.headers(letter, int(self.clock()))
        except NoKey as error:
            return _again(f"not signed: {error}")
        try:
            async with asyncio.timeout(self.patience):
                return await self._sent(letter, headers, where)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return _refused(f"{where}: this cannot be called, correct the notification's url")
        except EgressRefused:
            return _refused(
                f"{where}: the courier connects to public addresses over HTTPS, and to what the "
                "chart value courier.egress names"
            )
        except (TimeoutError, httpx.TimeoutException):
            return _again(f"{where}: no answer within {self.patience:g} s")
        except (httpx.RequestError, BodyRefused, OSError, ssl.SSLError) as error:
            return _again(f"{where}: {error or type(error).__name__}")

    async def _sent(
        self, letter: wire.Letter, headers: dict[str, str], where: str
    ) -> wire.Delivery:
        request = self.http.stream(
            "POST",
            letter.url,
            content=letter.body.encode(),
            headers={"Content-Type": "application/json", "User-Agent": USER_AGENT, **headers},
            follow_redirects=False,
        )
        async with request as answer:
            return self._judged(answer, await _words(answer), where)

    def _judged(self, answer: httpx.Response, words: str, where: str) -> wire.Delivery:
        if answer.is_success:
            return wire.Delivery(outcome="Delivered")
        said = f"{where}: {answer.status_code} {answer.reason_phrase}".rstrip()
        if answer.is_redirect:
            return _refused(f"{said}: redirects are not followed, name where it leads to")
        if answer.status_code == GONE:
            return _refused(f"{said}: the receiver wants no more of it")
        now = datetime.fromtimestamp(self.clock(), UTC)
        pause = retry_after(answer.headers.get("retry-after", ""), now)
        return _again(f"{said}: {words}" if words else said, pause)


async def _words(answer: httpx.Response) -> str:
    """The beginning of what it says, of a failure; no more of it is read."""
    if answer.is_success:
        return ""
    read = b""
    with suppress(httpx.RequestError, BodyRefused):
        async for chunk in answer.aiter_bytes():
            read += chunk
            if len(read) >= WORDS:
                break
    return " ".join(read[:WORDS].decode(errors="replace").split())


def _again(message: str, pause: float | None = None) -> wire.Delivery:
    return wire.Delivery(
        outcome="Again", message=plain.cut(message, MESSAGE), retry_after_seconds=pause
    )


def _refused(message: str) -> wire.Delivery:
    return wire.Delivery(outcome="Refused", message=plain.cut(message, MESSAGE))
