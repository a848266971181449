"""A runner is reached by operator and gateway alone, and reaches what it is allowed to."""

from collections.abc import Iterator

import pytest

from cluster.waiting import until
from testkit.e2e import kubectl, pods, release, space
from testkit.e2e.flows import a_long_workflow
from testkit.e2e.space import Space

RUNNER_PORT = 8080
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()
    print("open")
except socket.gaierror:
    print("no such name")
except OSError:
    print("closed")
"""


@pytest.fixture(scope="module", autouse=True)
def _sender(recorded: Space) -> None:
    recorded.deploy(a_long_workflow("sender", recorded.recorder(), 0))


@pytest.fixture(scope="module")
def elsewhere(installed: None) -> Iterator[Space]:
    made = space.make(client=False, recorder=True)
    yield made
    space.remove(made)


def connect(namespace: str, pod: str, host: str, port: int) -> str:
    """What a pod finds at an address: open, closed or no such name."""
    words = ("exec", pod, "--", "python3", "-c", CONNECT, host, str(port))
    return kubectl.run("-n", namespace, *words).strip()


def runner_address(here: Space) -> str:
    address: str = here.runner("sender")["status"]["podIP"]
    return address


@pytest.mark.parametrize("component", ["operator", "gateway"])
def test_operator_and_gateway_reach_the_runner(recorded: Space, component: str) -> None:
    for pod in release.component(component):
        name = pod["metadata"]["name"]

        found = connect(release.NAMESPACE, name, runner_address(recorded), RUNNER_PORT)

        assert found == "open", name


def test_a_pod_of_its_own_namespace_does_not(recorded: Space) -> None:
    found = connect(recorded.namespace, "client", runner_address(recorded), RUNNER_PORT)

    assert found == "closed"


def test_a_pod_that_says_it_is_the_operator_does_not(recorded: Space) -> None:
    labels = {"app.kubernetes.io/name": "sluice", "app.kubernetes.io/component": "operator"}
    pod = pods.make_client("impostor")
    pod["metadata"]["labels"] |= labels
    recorded.apply(pod)
    kubectl.wait(recorded.namespace, "pod/impostor", "condition=Ready")

    found = connect(recorded.namespace, "impostor", runner_address(recorded), RUNNER_PORT)

    assert found == "closed"


def test_the_runner_resolves_names_and_reaches_what_it_is_allowed_to(recorded: Space) -> None:
    runner = recorded.runner("sender")["metadata"]["name"]
    host = recorded.recorder().removeprefix("http://")

    assert connect(recorded.namespace, runner, host, 80) == "open"
    assert recorded.trigger("sender").body["status"] == "succeeded"
    assert recorded.posted()["/sender/after"] == 1


def test_the_runner_does_not_reach_other_pods(recorded: Space, elsewhere: Space) -> None:
    runner = recorded.runner("sender")["metadata"]["name"]
    host = elsewhere.recorder().removeprefix("http://")
    gateway = "sluice-gateway.sluice-system.svc.cluster.local"

    assert connect(recorded.namespace, "client", host, 80) == "open", "it is there"
    assert connect(recorded.namespace, runner, host, 80) == "closed"
    assert connect(recorded.namespace, runner, gateway, 80) == "closed"


def test_the_runner_does_not_reach_the_api_server(recorded: Space) -> None:
    runner = recorded.runner("sender")["metadata"]["name"]
    host = "kubernetes.default.svc.cluster.local"

    assert connect(recorded.namespace, "client", host, 443) == "open", "it is there"
    assert connect(recorded.namespace, runner, host, 443) == "closed"


def test_the_runner_has_no_token(recorded: Space) -> None:
    runner = recorded.runner("sender")["metadata"]["name"]
    look = "import os; print(os.path.exists('/var/run/secrets/kubernetes.io/serviceaccount'))"

    shown = recorded.kubectl("exec", runner, "--", pods.PYTHON, "-c", look)

    assert shown.strip() == "False"


def test_a_step_to_a_place_that_is_not_allowed_fails_and_names_it(
    recorded: Space, elsewhere: Space
) -> None:
    flow = a_long_workflow("stray", elsewhere.recorder(), 0)
    flow["spec"]["egress"] = {"allow": []}
    recorded.deploy(flow)

    answer = recorded.trigger("stray")

    assert answer.body["status"] == "failed"
    assert "egress" in answer.body["error"]["message"].lower(), answer.body
    until("nothing arrived", lambda: elsewhere.posted() == {}, 1)
