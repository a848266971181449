"""What the operator says of a WorkflowAction, and whom it tells."""

from typing import Any

import pytest
from aiohttp import web

from sluice_core import names
from sluice_core.api.action import WorkflowAction
from sluice_kube.session import Session
from sluice_kube.status import StatusWriter
from sluice_operator.action.reconcile import judge, status
from sluice_operator.action.room import Room
from testkit.scripted_api import ScriptedApi
from testkit.seen import NOON

URL = "https://api.example.com/x"


def a_manifest(name: str = "remind", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowAction",
        "metadata": {"name": name, "uid": "u", "resourceVersion": "1", "generation": 2},
        "spec": spec or {"http": {"url": URL}},
    }


PORTS = [{"name": "sent"}, {"name": "gone"}]
SHOWN: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "an HTTP call": (a_manifest(), ("True", "Ready", "an HTTP call; leaves by output")),
    "with ports": (
        a_manifest(http={"url": URL}, ports=PORTS),
        ("True", "Ready", "an HTTP call; leaves by sent, gone"),
    ),
    "a name that is taken": (
        a_manifest("log"),
        (
            "False", "NameTaken",
            "metadata.name: log is an action of Sluice's own; give the WorkflowAction another name",
        ),
    ),
    "a schema that is none": (
        a_manifest(http={"url": URL}, config={"$ref": "https://x.example/y"}),
        ("False", "InvalidSchema", "config: "),
    ),
    "a template that reads what is not there": (
        a_manifest(http={"url": URL + "{{ data }}"}),
        ("False", "InvalidTemplate", "http.url: there is no 'data'; known: config"),
    ),
    "many mistakes": (
        a_manifest(http={"url": URL, "headers": {f"X-{n}": "{{ a }}" for n in range(9)}}),
        ("False", "InvalidTemplate", "(and 4 more: sluice lint shows all)"),
    ),
    "an object of another release": (
        a_manifest(htp={}), ("False", "Unreadable", "edit it"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("manifest", "shown"), SHOWN.values(), ids=SHOWN)
def test_what_its_condition_says(manifest: dict[str, Any], shown: tuple[str, str, str]) -> None:
    made = status(manifest, judge(manifest), NOON)

    [condition] = made["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("Ready", *shown[:2])
    assert shown[2] in condition["message"]
    assert made["observedGeneration"] == condition["observedGeneration"] == 2


async def test_those_who_use_it_are_told_of_each_change_and_its_status_is_stored_once() -> None:
    told: list[tuple[str, bool, str]] = []
    written: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.StreamResponse:
        written.append((await request.json())[-1]["value"])
        return web.json_response({})

    def tell(name: str, action: WorkflowAction | None, fault: str) -> None:
        told.append((name, action is not None, fault))

    async with ScriptedApi([take]) as api, Session(api.config) as session:
        room = Room(StatusWriter(session), tell, lambda: NOON)
        room.changed("remind", a_manifest())
        await room.look("remind")
        room.changed("remind", a_manifest() | {"status": written[0]})
        await room.look("remind")
        room.changed("remind", None)
        await room.look("remind")

    assert told == [("remind", True, ""), ("remind", True, ""), ("remind", False, "")]
    assert [one["conditions"][0]["reason"] for one in written] == ["Ready"]
