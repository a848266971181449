"""The chart in the cluster: install, upgrade, remove; and the pods that it runs."""

import json
from typing import Any

from cluster import chart, helm, layout
from cluster.commands import run
from testkit.e2e import kubectl, pods
from testkit.e2e.kubectl import Manifest

NAMESPACE = chart.NAMESPACE
VALUES = {
    "gateway.replicas": 2,
    "operator.replicas": 2,
    "operator.runMinimumSeconds": 5,
    "courier.egress": "{*.svc.cluster.local:80}",  # recorders
}

# Kubernetes' garbage collector falls behind for minutes when definitions of kinds come and go.
COLLECTED_SECONDS = 240


def installed() -> bool:
    """Whether Helm knows the release, in whatever state."""
    found = json.loads(run(helm.program(), "list", "-n", NAMESPACE, "--all", "-o", "json"))
    return any(one["name"] == chart.RELEASE for one in found)


def install(**changed: Any) -> None:
    """`helm upgrade --install --wait` with the images of this checkout and small values."""
    images = {f"images.{role}": pods.images()[role] for role in ("operator", "runner")}
    values = VALUES | images | {name.replace("__", "."): value for name, value in changed.items()}
    run(
        helm.program(),
        "upgrade",
        "--install",
        chart.RELEASE,
        layout.ROOT / "charts" / "sluice",
        f"--namespace={NAMESPACE}",
        "--create-namespace",
        *(f"--set={name}={value}" for name, value in values.items()),
        "--wait",
        "--timeout=2m",
    )


def test() -> str:
    """`helm test`; what it printed."""
    return run(helm.program(), "test", chart.RELEASE, "-n", NAMESPACE, "--timeout=1m")


def uninstall() -> None:
    """`helm uninstall`, until the pods are gone: Helm does not wait for the garbage collector."""
    run(helm.program(), "uninstall", chart.RELEASE, "-n", NAMESPACE, "--wait", "--timeout=2m")
    words = ("wait", "pod", "-l", "app.kubernetes.io/name=sluice", "--for=delete")
    kubectl.run("-n", NAMESPACE, *words, f"--timeout={COLLECTED_SECONDS}s", seconds=300)


def component(name: str) -> list[Manifest]:
    """The pods of operator or gateway."""
    selector = f"app.kubernetes.io/name=sluice,app.kubernetes.io/component={name}"
    return kubectl.items("-n", NAMESPACE, "pods", "-l", selector)


def gateways() -> list[str]:
    """The addresses of the gateways that are to stay, as a pod reaches them."""
    staying = [one for one in component("gateway") if "deletionTimestamp" not in one["metadata"]]
    return [f"http://{one['status']['podIP']}:8080" for one in staying]


def leader() -> str:
    """The name of the operator pod that leads, once there is one: not of one that was killed."""
    return _holder(kubectl.see(NAMESPACE, "leases", "sluice-operator", _is_led))


def _is_led(lease: Manifest) -> bool:
    named = ("--field-selector", f"metadata.name={_holder(lease)}")
    return bool(kubectl.items("-n", NAMESPACE, "pods", *named))


def _holder(lease: Manifest) -> str:
    """A pod's name; "" where a leader has given the Lease back."""
    holder: str = lease["spec"].get("holderIdentity") or ""
    return holder.rpartition("-")[0]


def restart(name: str) -> None:
    """`kubectl rollout restart` of operator or gateway, until the new ones are up."""
    words = ("-n", NAMESPACE, "rollout")
    kubectl.run(*words, "restart", f"deployment/sluice-{name}")
    kubectl.run(*words, "status", f"deployment/sluice-{name}", "--timeout=60s")


def available() -> None:
    """Wait until all of operator and gateway are up."""
    for name in ("sluice-operator", "sluice-gateway", "sluice-courier"):
        kubectl.run("-n", NAMESPACE, "rollout", "status", f"deployment/{name}", "--timeout=60s")
