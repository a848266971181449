"""A server that answers chat completions from a script, and refuses what OpenAI would refuse."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from testkit.vendors.openai_format import Request

KEY = "sk-test-4f1c9a"
MODEL = "gpt-4o-mini-2024-07-18"


@dataclass(frozen=True)
class Answer:
    """One answer of the script. `sent` is how many bytes of it go out before the line is cut."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    silent: bool = False


def completion(message: dict[str, Any], finish: str, **fields: Any) -> Answer:
    """With 20 tokens of prompt and 7 of answer."""
    usage = {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27}
    whole = {"role": "assistant", "content": None, "refusal": None, "annotations": [], **message}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_788_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": whole, "logprobs": None, "finish_reason": finish}],
        "usage": usage,
        "service_tier": "default",
        **fields,
    }
    return Answer(body=body)


def says(text: str | None, finish: str = "stop", **fields: Any) -> Answer:
    return completion({"content": text}, finish, **fields)


def refuses(text: str) -> Answer:
    return completion({"refusal": text}, "stop")


def calls(*wanted: tuple[str, Any], finish: str = "tool_calls") -> Answer:
    """Calls of functions: name, and arguments as data or as the text that the model wrote."""
    listed = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": given if isinstance(given, str) else json.dumps(given),
            },
        }
        for number, (name, given) in enumerate(wanted)
    ]
    return completion({"tool_calls": listed}, finish)


def fails(status: int, message: str, type_: str, code: str | None = None, **headers: str) -> Answer:
    """An error in OpenAI's form; headers with _ for -."""
    body = {"error": {"message": message, "type": type_, "param": None, "code": code}}
    return Answer(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class OpenAI:
    """Where it listens, what it is going to say, what it was asked, and what was wrong with that.

    `busiest` answers again and again, once the script is at its end.
    """

    base_url: str = ""
    script: list[Answer] = field(default_factory=list)
    busiest: Answer | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return await _send(request, WRONG_KEY)
        raw = await request.read()
        self.requests.append(json.loads(raw))
        try:
            Request.model_validate_json(raw)
        except ValidationError as error:
            self.faults.append(str(error))
            return await _send(request, fails(400, str(error), "invalid_request_error"))
        if request.content_type != "application/json":
            self.faults.append(f"content type {request.content_type}")
        return await _send(request, self.script.pop(0) if self.script else self.busiest or LAZY)


LAZY = fails(500, "The script of the test is at its end", "server_error")
WRONG_KEY = fails(
    401, "Incorrect API key provided: sk-wr**ng.", "invalid_request_error", "invalid_api_key"
)


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    if answer.silent:
        await asyncio.Event().wait()
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = {"Content-Type": "application/json", "x-request-id": "req_1", **answer.headers}
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: answer.sent])
    if answer.sent is not None and request.transport is not None:
        request.transport.close()
    return response


@asynccontextmanager
async def openai(*script: Answer) -> AsyncIterator[OpenAI]:
    """The server on loopback; at its end it holds that no request was of a wrong form."""
    server = OpenAI(script=list(script))
    runner = web.AppRunner(_application(server), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    server.base_url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
    assert server.faults == []


def serve(port: int, *script: Answer) -> None:
    """The server as a process, which prints each request and what is wrong with it, as JSON."""
    server = OpenAI(script=list(script))

    @web.middleware
    async def tell(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        answer = await handler(request)
        told = {"asked": server.requests[-1:], "faults": server.faults, "code": answer.status}
        print(json.dumps(told), flush=True)
        return answer

    web.run_app(_application(server, tell), port=port, print=None)


def _application(server: OpenAI, *layers: Any) -> web.Application:
    app = web.Application(client_max_size=64 * 1024**2, middlewares=layers)
    app.router.add_post("/v1/chat/completions", server.complete)
    return app
