"""The cluster that tests run on enforces NetworkPolicy: what e2e finds open or closed is true."""

import json
import socket
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from cluster import layout
from cluster.waiting import until

pytestmark = pytest.mark.integration

Manifest = dict[str, Any]
ALLOW_FROM_FRIEND = {"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}


def kubectl(*words: str, stdin: str = "") -> str:
    return subprocess.run(
        ["kubectl", *words], input=stdin, text=True, capture_output=True, check=True, timeout=120
    ).stdout


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    name = f"netpol-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    pods = [a_pod(app) for app in ("server", "friend", "stranger")]
    apply(name, *pods, SERVICE)
    kubectl("-n", name, "wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s")
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(autouse=True)
def _open_again(namespace: str) -> Iterator[None]:
    yield
    kubectl("-n", namespace, "delete", "networkpolicy", "--all")
    becomes(namespace, "stranger", "http://server", open_=True)


def a_pod(app: str) -> Manifest:
    image = json.loads(layout.IMAGES.read_text())["tools"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": app, "labels": {"app": app}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "web",
                    "image": image,
                    "command": ["httpd", "-f", "-p", "8080"],
                    "ports": [{"name": "http", "containerPort": 8080}],
                    "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 1},
                }
            ],
        },
    }


SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "server"},
    "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": "http"}]},
}


def a_policy(app: str, **spec: object) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": app},
        "spec": {"podSelector": {"matchLabels": {"app": app}}, **spec},
    }


def apply(namespace: str, *objects: Manifest) -> None:
    body = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    kubectl("-n", namespace, "apply", "-f", "-", stdin=body)


def reaches(namespace: str, client: str, url: str) -> bool:
    """Whether anything answers; that it will not serve us is an answer."""
    fetch = ("timeout", "2", "wget", "-q", "--no-check-certificate", "-O", "-", url)
    done = subprocess.run(
        ["kubectl", "-n", namespace, "exec", client, "--", *fetch],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode == 0 or "server returned error" in done.stderr


def becomes(namespace: str, client: str, url: str, *, open_: bool) -> None:
    state = "open" if open_ else "closed"
    until(
        f"{url} is {state} to {client}",
        lambda: reaches(namespace, client, url) is open_,
        seconds=20,
    )


def test_without_a_policy_pods_reach_each_other(namespace: str) -> None:
    assert reaches(namespace, "stranger", "http://server")


def test_ingress_lets_in_whom_it_names_also_through_the_service(namespace: str) -> None:
    apply(namespace, a_policy("server", ingress=[ALLOW_FROM_FRIEND], policyTypes=["Ingress"]))

    becomes(namespace, "stranger", "http://server", open_=False)
    assert reaches(namespace, "friend", "http://server")


def test_the_kubelet_still_probes_a_closed_pod(namespace: str) -> None:
    apply(namespace, a_policy("server", ingress=[], policyTypes=["Ingress"]))
    becomes(namespace, "friend", "http://server", open_=False)

    address = kubectl("-n", namespace, "get", "pod", "server", "-o", "jsonpath={.status.podIP}")

    with socket.create_connection((address, 8080), timeout=2) as probe:
        assert probe.getpeername() == (address, 8080)


def test_egress_closes_the_way_to_the_api_server(namespace: str) -> None:
    to_server = {"to": [{"podSelector": {"matchLabels": {"app": "server"}}}]}
    to_dns = {"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}
    api = "https://kubernetes.default"
    becomes(namespace, "friend", api, open_=True)

    apply(namespace, a_policy("friend", egress=[to_server, to_dns], policyTypes=["Egress"]))

    becomes(namespace, "friend", api, open_=False)
    assert reaches(namespace, "friend", "http://server")


def test_nothing_leaves_the_machine(namespace: str) -> None:
    outside = "http://192.0.2.1:80"  # TEST-NET-1: an address that no one may have

    assert not reaches(namespace, "stranger", outside)
