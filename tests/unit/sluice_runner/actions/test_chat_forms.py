"""Whatever a step tells a chat: the vendor takes it, or nothing is sent and the step fails."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sluice_core.catalog import CATALOG
from sluice_runner.actions.action import Context, StepFailed
from testkit import contexts
from testkit.https_server import Received
from testkit.vendors import discord, slack, teams
from testkit.vendors.api import Api, answering

APIS: dict[str, tuple[str, Callable[[], Api], Mapping[str, Any]]] = {
    "a workflow of Teams": ("teams.send", teams.Api, {}),
    "a connector of Teams": ("teams.send", teams.HookApi, {"card": "MessageCard"}),
    "a webhook of Slack": ("slack.send", slack.Api, {}),
    "a bot of Slack": ("slack.send", slack.BotApi, {"channel": "#orders"}),
    "a webhook of Discord": ("discord.send", discord.Api, {}),
}


def texts(longest: int) -> st.SearchStrategy[str]:
    short = st.text("a \n&*ü🙂", max_size=12) | st.sampled_from(["<!", "<@x>"])
    return short | st.builds(lambda text, n: (text or "x") * n, short, st.integers(1, longest // 6))


facts = st.dictionaries(
    texts(60).filter(bool), texts(1500) | st.integers() | st.none(), max_size=12
)
items = st.fixed_dictionaries(
    {}, optional={"title": texts(300), "text": texts(5000), "facts": facts}
)
messages = st.fixed_dictionaries(
    {"mode": st.sampled_from(["aggregated", "individual"])},
    optional={
        "title": texts(300),
        "text": texts(5000),
        "facts": facts,
        "items": st.lists(texts(3000) | items, max_size=4),
    },
)


def over(api: Api) -> httpx.AsyncClient:
    def handle(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.url.raw_path.decode()
        answer = answering(api)(Received(request.method, target, headers, request.content))
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

    return httpx.AsyncClient(transport=httpx.MockTransport(handle))


@pytest.mark.parametrize(("action", "make", "more"), APIS.values(), ids=APIS)
@given(told=messages)
@settings(max_examples=60)
async def test_it_is_taken_or_not_sent(
    action: str, make: Callable[[], Api], more: Mapping[str, Any], told: dict[str, Any]
) -> None:
    api, given_ = make(), {**more, **told}
    try:
        CATALOG[action].params.model_validate(given_)
    except ValidationError:
        return  # lint says so
    async with over(api) as http:
        context = contexts.a_context(http=lambda: http, credential=lambda: api.credential)
        reason, sent = await outcome(action, context, given_)
    assert reason in ("", "MessageTooLong", "InvalidConfig")
    assert sent == len(api.messages)  # type: ignore[attr-defined]


async def outcome(action: str, context: Context, given_: Mapping[str, Any]) -> tuple[str, int]:
    """Why it failed, and how many messages it sent."""
    try:
        done = await contexts.call(action, context, **given_)
    except StepFailed as failed:
        return failed.reason, 0
    return "", done.output["sent"]
