"""How many requests with one token are at work at once."""

import asyncio

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sluice_gateway.crowding import Crowding
from testkit.eventually import until

ALICE, BOB = {"Authorization": "Bearer alice"}, {"X-API-Key": "bob"}


class Slow:
    """An application that answers once it is let."""

    def __init__(self) -> None:
        self.asked, self.let = 0, asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if Request(scope).url.path == "/fails":
            raise ZeroDivisionError
        await self.let.wait()
        await PlainTextResponse("done")(scope, receive, send)


def client(app: Slow, most: int) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Crowding(app, most), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def test_one_token_more_than_it_may_is_429_and_others_are_let_in() -> None:
    app = Slow()

    async with client(app, most=2) as http:
        first = [asyncio.ensure_future(http.get("/", headers=ALICE)) for _ in range(2)]
        await until(lambda: app.asked == 2, "two are at work")
        refused = await http.get("/", headers=ALICE)
        others = [asyncio.ensure_future(http.get("/", headers=one)) for one in (BOB, {}, {}, {})]
        await until(lambda: app.asked == 6, "others are at work")
        app.let.set()
        answers = await asyncio.gather(*first, *others)
        again = await http.get("/", headers=ALICE)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["type"] == "urn:sluice:problem:TooManyAtOnce"
    assert [one.status_code for one in (*answers, again)] == [200] * 7


async def test_what_fails_is_not_at_work_any_more() -> None:
    app = Slow()
    app.let.set()

    async with client(app, most=1) as http:
        await http.get("/fails", headers=ALICE)
        answer = await http.get("/", headers=ALICE)

    assert answer.status_code == 200
