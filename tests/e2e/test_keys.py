"""A key that `sluice keys` makes is good for what its account may, until it is revoked."""

import json
import subprocess
import sys

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space


@pytest.fixture(scope="module", autouse=True)
def _workflow(here: Space) -> None:
    here.deploy(a_greeting())


def keys(here: Space, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sluice_cli.main", "keys", *words, "-n", here.namespace]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def code(here: Space, key: str, path: str, method: str = "GET") -> int:
    headers = {"X-API-Key": key}
    body = None if method == "GET" else {"inputs": {"name": "Ada"}}
    return here.call(here.api(path), body, method=method, token="", **headers).code


def is_for_the_api_server(here: Space, key: str) -> bool:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    asked = json.dumps(review | {"spec": {"token": key}})
    told = json.loads(here.kubectl("create", "-f", "-", "-o", "json", stdin=asked))
    return bool(told["status"].get("authenticated"))


def there_is(here: Space, kind: str, name: str) -> bool:
    found = kubectl.items("-n", here.namespace, kind)
    return any(one["metadata"]["name"].startswith(name) for one in found)


def test_a_key_with_a_role_may_what_the_role_may_until_it_is_revoked(here: Space) -> None:
    made = keys(here, "create", "reader", "--role", "view", "--expires", "1h")
    key = made.stdout.strip()
    listed = json.loads(keys(here, "list", "-o", "json").stdout)

    assert made.returncode == 0, made.stderr
    assert key not in made.stderr
    assert [(one["name"], one["serviceAccount"]) for one in listed] == [
        ("reader", "sluice-key-reader")
    ]
    assert code(here, key, "/workflows/hello") == 200
    assert code(here, key, "/workflows/hello/trigger", "POST") == 403

    revoked = keys(here, "revoke", "reader")

    assert revoked.returncode == 0, revoked.stderr
    until("it is refused", lambda: code(here, key, "/workflows/hello") == 401, 30)
    assert json.loads(keys(here, "list", "-o", "json").stdout) == []
    for kind in ("secrets", "serviceaccounts", "rolebindings"):
        until(
            f"none of the {kind}",
            lambda kind=kind: not there_is(here, kind, "sluice-key-reader"),
            60,
        )


def test_a_key_of_an_account_acts_as_it_and_the_api_server_refuses_it(here: Space) -> None:
    here.kubectl("create", "serviceaccount", "worker")
    here.kubectl(
        "create",
        "rolebinding",
        "worker",
        "--clusterrole=sluice-trigger",
        f"--serviceaccount={here.namespace}:worker",
    )

    key = keys(here, "create", "work", "--service-account", "worker").stdout.strip()

    assert code(here, key, "/workflows/hello/trigger", "POST") == 202
    assert not is_for_the_api_server(here, key)
    assert keys(here, "revoke", "work").returncode == 0
    assert there_is(here, "serviceaccounts", "worker")


def test_a_key_that_may_change_a_workflow_may_see_it(here: Space) -> None:
    made = keys(here, "create", "writer", "--role", "edit", "--expires", "1h")

    assert made.returncode == 0, made.stderr
    assert code(here, made.stdout.strip(), "/workflows/hello") == 200


def test_what_cannot_be_had_leaves_nothing(here: Space) -> None:
    again = [keys(here, "create", "twice", "--role", "view").returncode for _ in range(2)]
    nobody = keys(here, "create", "lost", "--service-account", "nobody")
    unknown = keys(here, "revoke", "lost")

    assert again == [0, 2]
    assert (nobody.returncode, '"nobody" not found' in nobody.stderr) == (2, True)
    assert (unknown.returncode, "there is no key lost" in unknown.stderr) == (2, True)
    assert not there_is(here, "secrets", "sluice-key-lost")


def test_a_secret_that_is_no_key_is_not_deleted(here: Space) -> None:
    here.kubectl("create", "secret", "generic", "sluice-key-mine", "--from-literal=a=b")

    refused = keys(here, "revoke", "mine")

    assert (refused.returncode, "is no API key" in refused.stderr) == (2, True)
    assert there_is(here, "secrets", "sluice-key-mine")
