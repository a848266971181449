"""What may be watched, as an API server answers that a real one is not easily made to be."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from sluice_core.api.triggers import ResourceChange
from sluice_kube.resources import Resource
from sluice_kube.session import Session
from sluice_operator.resource.access import GOOD_FOR, REFUSED_FOR, Access, Problem
from sluice_operator.resource.observed import Kind, Seen, Trigger, read
from testkit.builders import a_workflow
from testkit.scripted_api import ScriptedApi

POLICIES = Kind("networking.k8s.io/v1", "NetworkPolicy")


class Server:
    """Serves NetworkPolicies; `lists` is the status of a list, `permits` what RBAC says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, 12, tzinfo=UTC)
        self.lists, self.permits, self.asked = 200, True, 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if request.path.endswith("/subjectaccessreviews"):
            return web.json_response({"status": {"allowed": self.permits}}, status=201)
        if not request.path.endswith("/networkpolicies"):
            kind = {"name": "networkpolicies", "kind": "NetworkPolicy", "namespaced": True}
            return web.json_response({"resources": [kind]})
        if self.lists != 200:
            return web.json_response({"message": "no"}, status=self.lists)
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})


def seen() -> tuple[Seen, Trigger]:
    asked = ResourceChange(api_version=POLICIES.api_version, kind=POLICIES.kind)
    return read(a_workflow(), valid=True), Trigger(2, True, asked)


@pytest.mark.parametrize(
    ("lists", "reason", "says"),
    [
        (403, "OperatorForbidden", "give this kind `plural: networkpolicies`"),
        (405, "KindNotWatchable", "networkpolicies.networking.k8s.io cannot be listed"),
    ],
)
async def test_what_the_operator_cannot_list_is_told(lists: int, reason: str, says: str) -> None:
    server = Server()
    server.lists = lists
    async with ScriptedApi([server]) as api, Session(api.config) as session:
        access = Access(session, [POLICIES], lambda: server.now)

        found = await access.judge(*seen())

    assert isinstance(found, Problem)
    assert found.reason == reason
    assert found.message.startswith("triggers[2].resource: ")
    assert says in found.message


async def test_a_refusal_is_asked_about_again_sooner_than_a_permission() -> None:
    server = Server()
    server.permits = False
    async with ScriptedApi([server]) as api, Session(api.config) as session:
        access = Access(session, [POLICIES], lambda: server.now)
        refused = await access.judge(*seen())
        server.permits = True
        still = await access.judge(*seen())
        server.now += REFUSED_FOR
        permitted = await access.judge(*seen())
        asked = server.asked
        server.now += GOOD_FOR - REFUSED_FOR - timedelta(seconds=1)
        await access.judge(*seen())
        server.permits = False
        server.now += GOOD_FOR
        taken_away = await access.judge(*seen())

    assert isinstance(refused, Problem)
    assert still == refused == taken_away
    assert permitted == Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
    assert asked < server.asked


async def test_a_permission_is_not_asked_for_again_at_once() -> None:
    server = Server()
    async with ScriptedApi([server]) as api, Session(api.config) as session:
        access = Access(session, [POLICIES], lambda: server.now)
        await access.judge(*seen())
        asked = server.asked

        await access.judge(*seen())

    assert server.asked == asked == 4
