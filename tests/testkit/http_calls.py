"""Call an http action as the engine does, over the guarded client, against a server of ours."""

import ssl
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice_core.credentials import Credential
from sluice_runner.actions import ACTIONS
from sluice_runner.actions.action import Done, StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.contexts import a_context
from testkit.https_server import Received, Server

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def call(
    server: Server,
    verb: str,
    *,
    trust: ssl.SSLContext | None = None,
    patience: float = 5,
    credential: Credential | None = None,
    allow: tuple[str, ...] = ("127.0.0.0/8", "::1"),
    **given: Any,
) -> Done:
    action = ACTIONS[f"http.{verb}"]
    guard = Guard(Egress(allow))
    async with client(guard, trust or server.trust) as http:
        http.timeout = patience

        async def sleep(_: float) -> None:
            raise AssertionError("an HTTP call does not sleep")

        context = a_context(
            key="uid/step/1", http=lambda: http, sleep=sleep, credential=lambda: credential
        )
        given.setdefault("url", server.url("/x"))
        return await action.run(action.type.params.model_validate(given), context)


async def failure(server: Server, verb: str = "get", **given: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await call(server, verb, **given)
    return caught.value


def only(server: Server) -> Received:
    [request] = server.received
    return request
