"""Call ai.generate and ai.extract as the engine does, against the scripted server."""

from typing import Any

import pytest

from sluice_core import credentials
from sluice_runner.actions.action import Done, StepFailed
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from testkit.contexts import a_context, call
from testkit.vendors.openai import KEY, OpenAI


async def ask(server: OpenAI, action: str = "ai.generate", **given: Any) -> Done:
    """With the credential's `model` and `apiKey`, and what else a context has, given in `at`."""
    at: dict[str, Any] = {"model": "gpt-4o-mini", "key": KEY, "patience": 5, **given.pop("at", {})}
    credential = credentials.OpenAI(
        api_key=at.pop("key"), base_url=server.base_url, model=at.pop("model")
    )
    async with client(Guard(Egress(("127.0.0.0/8",)))) as http:
        http.timeout = at.pop("patience")
        context = a_context(http=lambda: http, credential=lambda: credential, **at)
        if action == "ai.generate" and "messages" not in given:
            given.setdefault("prompt", "Why?")
        return await call(action, context, **given)


async def failure(server: OpenAI, action: str = "ai.generate", **given: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await ask(server, action, **given)
    return caught.value
