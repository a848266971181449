"""Webhooks lead to their vendor's hosts alone: of others no name is even resolved."""

import pytest

from sluice_core import credentials
from sluice_runner.actions.action import StepFailed
from testkit.contexts import a_context, call

KINDS: dict[str, type[credentials.Credential]] = {
    "teams.send": credentials.MicrosoftTeams,
    "slack.send": credentials.Slack,
    "discord.send": credentials.Discord,
}
ELSEWHERE = {
    "teams.send": (
        "https://webhook.office.com/x",
        "https://evilwebhook.office.com/x",
        "https://shop.webhook.office.com.evil.example/x",
        "https://logic.azure.com/x",
        "https://evil.example/.logic.azure.com/",
    ),
    "slack.send": (
        "https://slack.com/services/x",
        "https://x.hooks.slack.com/services/x",
        "https://hooks.slack.com.evil.example/services/x",
        "https://hooks.slack.com./services/x",
        "https://hooks-slack.com/services/x",
        "https://hooks.slack.com:8443/services/x",
        "https://hooks.slack.com@evil.example/services/x",
        "https://evil.example\\@hooks.slack.com/services/x",
        "https://evil.example#@hooks.slack.com/services/x",
        "https://evil.example?@hooks.slack.com/services/x",
        "https://user:word@hooks.slack.com/services/x",
        "https://hооks.slack.com/services/x",
        "https://hooks。slack。com.evil.example/x",
        "https://127.0.0.1/services/x",
        "https://[::1]/services/x",
        "http://hooks.slack.com/services/x",
        "ftp://hooks.slack.com/services/x",
        "hooks.slack.com/services/x",
        "https:///services/x",
        "https://hooks.slack.com:99999/services/x",
        "https://[hooks.slack.com/services/x",
    ),
    "discord.send": (
        "https://discord.com/api/users/@me",
        "https://discord.com/api/webhooks/1/../../users",
        "https://discord.com/api/webhooks/1/%2e%2e/2",
        "https://discord.com/api/webhooks//token",
        "https://discord.com/api/webhooks/1/token/slack",
        "https://discord.com//api/webhooks/1/token",
        "https://evil.example/api/webhooks/1/token",
        "https://ptb.discord.com.evil.example/api/webhooks/1/token",
    ),
}
CASES = [(action, url) for action, urls in ELSEWHERE.items() for url in urls]


@pytest.mark.parametrize(("action", "url"), CASES, ids=[url for _, url in CASES])
async def test_a_webhook_that_leads_elsewhere_is_refused_before_any_connection(
    action: str, url: str
) -> None:
    credential = KINDS[action].model_validate({"webhookUrl": url})
    context = a_context(credential=lambda: credential)

    with pytest.raises(StepFailed) as caught:
        await call(action, context, text="hello")

    assert (caught.value.failure, caught.value.reason) in (
        ("Permanent", "HostRefused"),
        ("Permanent", "InvalidUrl"),
    )
    assert url not in caught.value.message
