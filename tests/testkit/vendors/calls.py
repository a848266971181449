"""Call a vendor's action as the engine does, and tell how it failed."""

from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from sluice_core.credentials import Credential
from sluice_runner.actions.action import Context, Done, StepFailed
from testkit import contexts
from testkit.vendors.api import Api


class Operator:
    """Grants whatever it is asked for, and keeps it; pauses pass at once, and are kept too."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, JsonValue]]] = []
        self.paused: list[float] = []

    async def ask(self, kind: str, body: dict[str, JsonValue]) -> JsonValue:
        self.asked.append((kind, body))
        return None

    async def grant(self, _: str, kind: str, body: dict[str, JsonValue]) -> JsonValue:
        return await self.ask(kind, body)

    async def sleep(self, seconds: float) -> None:
        self.paused.append(seconds)


def a_context(
    http: httpx.AsyncClient, credential: Credential | None, operator: Operator | None = None
) -> Context:
    outside = operator or Operator()
    return contexts.a_context(
        http=lambda: http, credential=lambda: credential, ask=outside.ask, sleep=outside.sleep
    )


async def call(
    action: str,
    http: httpx.AsyncClient,
    api: Api,
    operator: Operator | None = None,
    /,
    **given: Any,
) -> Done:
    return await contexts.call(action, a_context(http, api.credential, operator), **given)


async def failure(
    action: str,
    http: httpx.AsyncClient,
    credential: Credential | None,
    operator: Operator | None = None,
    /,
    **given: Any,
) -> StepFailed:
    """No secret may be in it, whatever happened."""
    with pytest.raises(StepFailed) as caught:
        await contexts.call(action, a_context(http, credential, operator), **given)
    failed = caught.value
    assert failed.message
    assert len(failed.message.encode()) <= 2048
    for secret in credential.secrets() if credential else ():
        assert secret not in failed.message
        assert not secret.startswith("https://") or secret[30:] not in failed.message
    return failed
