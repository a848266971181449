"""Who asked for it hears of a failed run, signed, whoever leads; and so do Kubernetes Events."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl, release
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import GATEWAY, Space
from testkit.standard_webhooks import verified

SECRET = f"whsec_{b64encode(b'0123456789abcdef01234567').decode()}"
FAILED = ["workflows.run.failed"]
HOOK = "/fails-2/hook"


@pytest.fixture(scope="module", autouse=True)
def _keys(recorded: Space) -> None:
    recorded.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "sluice-webhooks"},
            "stringData": {"ops": SECRET},
        }
    )


@pytest.fixture(autouse=True)
def _whole_again() -> Iterator[None]:
    yield
    release.available()


def a_failing(name: str, *notifications: Manifest) -> Manifest:
    return a_workflow(
        name, a_step("stop", "fail", message="no orders"), notifications=list(notifications)
    )


def received(here: Space, path: str) -> list[Manifest]:
    lines = here.kubectl("logs", "recorder").splitlines()
    return [one for one in map(json.loads, lines) if one["path"] == path]


def states(run: Manifest) -> list[str]:
    return [one["state"] for one in run.get("status", {}).get("notifications", [])]


def is_signed(request: Manifest, **key: Any) -> bool:
    return verified(request["headers"], request["body"].encode(), time.time(), **key)


def test_a_failed_run_is_told_although_the_leader_dies_in_between(recorded: Space) -> None:
    hook = {"url": f"{recorded.recorder()}{HOOK}?k=s3cret", "events": FAILED, "secretKey": "ops"}
    recorded.deploy(a_failing("orders", hook))

    name = recorded.create_run("orders")
    recorded.see_run(name, lambda it: "Pending" in states(it) and _tried(it))
    kill(release.leader())
    run = recorded.see_run(name, lambda it: states(it) == ["Delivered"], 60)

    [entry] = run["status"]["notifications"]
    seen = received(recorded, f"{HOOK}?k=s3cret")
    assert {one["headers"]["webhook-id"] for one in seen} == {entry["id"]}
    assert len({one["body"] for one in seen}) == 1
    assert all(is_signed(one, secret=SECRET) for one in seen)
    told = json.loads(seen[-1]["body"])
    assert (told["type"], told["data"]["run"]) == (FAILED[0], name)
    assert "no orders" in told["data"]["message"]
    assert "s3cret" not in json.dumps(run["status"])
    until("an Event", lambda: "RunFailed" in recorded.events("orders"), 30)


def _tried(run: Manifest) -> bool:
    return bool(run["status"]["notifications"][0]["attempts"])


def test_without_a_secret_the_key_that_the_gateway_shows_verifies_it(recorded: Space) -> None:
    recorded.deploy(a_failing("public", {"url": f"{recorded.recorder()}/public", "events": FAILED}))

    name = recorded.create_run("public")
    recorded.see_run(name, lambda it: states(it) == ["Delivered"])

    [request] = received(recorded, "/public")
    shown = recorded.call(f"{GATEWAY}/.well-known/webhook-keys", token="").body["keys"]
    assert any(is_signed(request, public=key["public_key"]) for key in shown)


def test_a_run_that_never_had_a_runner_is_told_too(recorded: Space) -> None:
    flow = a_failing("paused", {"url": f"{recorded.recorder()}/none", "events": FAILED})
    flow["spec"] |= {"steps": [a_step("stop", "no.such.action")]}
    recorded.apply(flow)

    name = recorded.create_run("paused")
    run = recorded.see_run(name, lambda it: states(it) == ["Delivered"])

    [request] = received(recorded, "/none")
    assert run["status"].get("runner") is None
    assert json.loads(request["body"])["data"]["reason"]


def test_a_step_is_heard_as_an_event_of_its_run(recorded: Space) -> None:
    recorded.deploy(a_workflow("tell", a_step("tell", "notify", title="Late", level="warning")))

    name = recorded.create_run("tell")
    status = recorded.ended(name)

    assert status["output"] == {"via": "Event"}
    assert recorded.events(name) == ["Notification"]


def kill(pod: str) -> None:
    kubectl.run("-n", release.NAMESPACE, "delete", "pod", pod, "--grace-period=0", "--force")
