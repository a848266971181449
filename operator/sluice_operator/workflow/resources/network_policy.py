"""Who reaches a runner, and where a runner gets to, as far as a NetworkPolicy can say it.

The egress guard inside the runner judges each connection by host name; a policy knows addresses
only, so it admits what the guard may admit, and keeps the private ranges shut otherwise.
"""

from typing import Any

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_core.egress import Target, parse
from sluice_operator.workflow.observed import Installation, Reach
from sluice_operator.workflow.resources.meta import metadata

NAMESPACE_NAME = "kubernetes.io/metadata.name"
CALLERS = ("operator", "gateway")
PRIVATE_V4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
)  # fmt: skip
PRIVATE_V6 = ("::/64", "64:ff9b::/96", "2002::/16", "fc00::/7", "fe80::/9", "ff00::/8")


def make_network_policy(
    workflow: Workflow, installation: Installation, reach: Reach
) -> dict[str, Any]:
    """Ingress from operator and gateway; egress to DNS, public HTTPS and what is allowed."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(workflow, names.runner(workflow.metadata.name)),
        "spec": {
            "podSelector": {"matchLabels": {names.LABEL_WORKFLOW: workflow.metadata.name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [_from_callers(installation.release_namespace)],
            "egress": _egress(installation, reach),
        },
    }


def make_containers_policy(
    workflow: Workflow, installation: Installation, reach: Reach
) -> dict[str, Any]:
    """The containers of its steps are reached by nobody, and get where the runner gets."""
    name = workflow.metadata.name
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(workflow, names.containers(name)),
        "spec": {
            "podSelector": {"matchLabels": {names.LABEL_CONTAINER_OF: name}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": _egress(installation, reach),
        },
    }


def _egress(installation: Installation, reach: Reach) -> list[dict[str, Any]]:
    return [
        _dns(),
        _public_https(),
        *(_allowed(parse(entry), installation.cluster_domain) for entry in reach.allow),
    ]


def _from_callers(release_namespace: str) -> dict[str, Any]:
    peers = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: release_namespace}},
        "podSelector": {
            "matchExpressions": [
                {"key": names.LABEL_COMPONENT, "operator": "In", "values": list(CALLERS)}
            ],
            "matchLabels": {names.LABEL_NAME: "sluice"},
        },
    }
    return {"from": [peers], "ports": [{"port": names.RUNNER_PORT, "protocol": "TCP"}]}


def _dns() -> dict[str, Any]:
    return {
        "to": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}}}],
        "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
    }


def _public_https() -> dict[str, Any]:
    return {"to": _anywhere_public(), "ports": [{"port": 443, "protocol": "TCP"}]}


def _anywhere_public() -> list[dict[str, Any]]:
    return [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE_V4)}},
        {"ipBlock": {"cidr": "::/0", "except": list(PRIVATE_V6)}},
    ]


def _allowed(target: Target, domain: str) -> dict[str, Any]:
    if target.network is not None:
        return {"to": [{"ipBlock": {"cidr": str(target.network)}}], **_port(target)}
    namespace = _service_namespace(target.host, domain)
    if namespace is not None:
        # After translation the port is the pod's, which the Service's name does not tell.
        return {"to": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: namespace}}}]}
    everywhere = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
    return {"to": everywhere, **_port(target)}


def _port(target: Target) -> dict[str, Any]:
    return {"ports": [{"port": target.port, "protocol": "TCP"}]} if target.port else {}


def _service_namespace(host: str, domain: str) -> str | None:
    """The namespace in `<service>.<namespace>.svc[.<domain>]`."""
    labels = host.removesuffix(f".{domain}").split(".")
    return labels[1] if len(labels) == 3 and labels[2] == "svc" else None
