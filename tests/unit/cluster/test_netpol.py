"""Which packets the enforcer of the test cluster lets through, decided without a kernel."""

import shutil
import subprocess
from typing import Any

import pytest

from cluster.netpol import Cluster, ruleset

Manifest = dict[str, Any]

WEB, DB, OUTSIDER = "10.244.0.10", "10.244.0.11", "10.244.0.20"
NODE = "ip saddr { 10.244.0.1, 198.18.0.1 } return"


def a_pod(
    address: str, namespace: str = "shop", labels: Manifest | None = None, **status: str
) -> Manifest:
    ports = [{"name": "http", "containerPort": 8080}]
    return {
        "metadata": {"namespace": namespace, "labels": labels or {}},
        "spec": {"containers": [{"ports": ports}]},
        "status": {"podIP": address, "phase": "Running", **status},
    }


def a_policy(**spec: object) -> Manifest:
    return {"metadata": {"namespace": "shop"}, "spec": {"podSelector": {}, **spec}}


def rules_of(chain: str, *policies: Manifest) -> list[str] | None:
    pods = [
        a_pod(WEB, labels={"app": "web"}),
        a_pod(DB, labels={"app": "db"}),
        a_pod(OUTSIDER, namespace="other", labels={"app": "web"}),
    ]
    namespaces = [
        {"metadata": {"name": "shop", "labels": {"team": "a"}}},
        {"metadata": {"name": "other", "labels": {"team": "b"}}},
    ]
    return chain_of(ruleset(Cluster(policies, namespaces, pods)), chain)


def chain_of(table: str, name: str) -> list[str] | None:
    lines = [line.strip() for line in table.splitlines()]
    if f"chain {name} {{" not in lines:
        return None
    start = lines.index(f"chain {name} {{") + 1
    return lines[start : lines.index("}", start)]


def ingress(*rules: Manifest, **spec: Manifest) -> Manifest:
    return a_policy(policyTypes=["Ingress"], ingress=list(rules), **spec)


def egress(*rules: Manifest) -> Manifest:
    return a_policy(policyTypes=["Egress"], egress=list(rules))


def from_peer(**peer: object) -> Manifest:
    return ingress({"from": [peer]})


INGRESS = {
    "a policy without rules closes a pod": (ingress(), []),
    "a rule without peers and ports opens all": (ingress({}), ["return"]),
    "a pod selector means pods of the policy's namespace": (
        from_peer(podSelector={"matchLabels": {"app": "web"}}),
        [f"ip saddr {{ {WEB} }} return"],
    ),
    "a namespace selector means all pods of it": (
        from_peer(namespaceSelector={"matchLabels": {"team": "b"}}),
        [f"ip saddr {{ {OUTSIDER} }} return"],
    ),
    "both selectors must hold": (
        from_peer(
            namespaceSelector={},
            podSelector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
        ),
        [f"ip saddr {{ {WEB}, {OUTSIDER} }} return"],
    ),
    "a peer that matches no pod lets nobody in": (
        from_peer(podSelector={"matchLabels": {"app": "gone"}}),
        [],
    ),
    "a block has its exceptions": (
        from_peer(ipBlock={"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.2.0.0/16"]}),
        ["ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 ip saddr != 10.2.0.0/16 return"],
    ),
    "a block of all addresses needs no match": (
        from_peer(ipBlock={"cidr": "0.0.0.0/0"}),
        ["return"],
    ),
    "a block of IPv6 opens nothing": (from_peer(ipBlock={"cidr": "::/0"}), []),
    "ports are numbers, ranges, or a whole protocol": (
        ingress(
            {
                "ports": [
                    {"port": 80},
                    {"port": 100, "endPort": 200, "protocol": "UDP"},
                    {"protocol": "SCTP"},
                ]
            }
        ),
        ["tcp dport 80 return", "udp dport 100-200 return", "meta l4proto sctp return"],
    ),
    "a named port is the pod's own": (
        ingress({"ports": [{"port": "http"}]}),
        ["tcp dport 8080 return"],
    ),
    "a name that the pod does not have opens nothing": (
        ingress({"ports": [{"port": "metrics"}]}),
        [],
    ),
}


@pytest.mark.parametrize(("policy", "rules"), INGRESS.values(), ids=INGRESS)
def test_ingress(policy: Manifest, rules: list[str]) -> None:
    chain = rules_of(f"ingress-{DB}", policy)

    assert chain == [f"ip saddr {DB} return", NODE, *rules, "drop"]


EGRESS = {
    "a policy without rules closes a pod": (egress(), []),
    "a rule with peers names destinations": (
        egress({"to": [{"podSelector": {"matchLabels": {"app": "web"}}}]}),
        [f"ip daddr {{ {WEB} }} return"],
    ),
    "a named port is each receiver's": (
        egress({"to": [{"podSelector": {}}], "ports": [{"port": "http"}]}),
        [
            f"ip daddr {{ {WEB}, {DB} }} ip daddr {receiver} tcp dport 8080 return"
            for receiver in (WEB, DB, OUTSIDER)
        ],
    ),
}


@pytest.mark.parametrize(("policy", "rules"), EGRESS.values(), ids=EGRESS)
def test_egress(policy: Manifest, rules: list[str]) -> None:
    chain = rules_of(f"egress-{DB}", policy)

    assert chain == [f"ip daddr {DB} return", *rules, "drop"]


def test_a_pod_that_no_policy_selects_stays_open() -> None:
    policy = ingress(podSelector={"matchLabels": {"app": "db"}})

    assert rules_of(f"ingress-{WEB}", policy) is None
    assert rules_of(f"egress-{DB}", policy) is None


def test_a_policy_reaches_its_own_namespace_only() -> None:
    assert rules_of(f"ingress-{OUTSIDER}", ingress()) is None


def test_without_types_a_policy_is_about_egress_only_if_it_says_so() -> None:
    silent, speaking = a_policy(), a_policy(egress=[])

    assert rules_of(f"egress-{DB}", silent) is None
    assert rules_of(f"egress-{DB}", speaking) == [f"ip daddr {DB} return", "drop"]


def test_policies_add_up() -> None:
    chain = rules_of(f"ingress-{DB}", ingress(), ingress({"ports": [{"port": 80}]}))

    assert chain is not None
    assert chain[-2:] == ["tcp dport 80 return", "drop"]


NOT_FILTERED = {
    "a finished pod's address may be another's": a_pod(DB, phase="Succeeded"),
    "a pod without an address has no packets": a_pod(""),
    "a pod on the host's network is the node": {
        **a_pod("198.18.0.1"),
        "spec": {"hostNetwork": True, "containers": []},
    },
}


@pytest.mark.parametrize("pod", NOT_FILTERED.values(), ids=NOT_FILTERED)
def test_not_filtered(pod: Manifest) -> None:
    table = ruleset(Cluster([ingress()], [], [pod]))

    assert chain_of(table, "to-pods") == []


@pytest.mark.skipif(not shutil.which("nft"), reason="this machine has no nft")
def test_nft_takes_every_rule_of_these_tables() -> None:
    policies = [policy for policy, _ in [*INGRESS.values(), *EGRESS.values()]]
    table = ruleset(Cluster(policies, [], [a_pod(WEB), a_pod(DB)]))

    checked = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "nft", "--check", "--file", "-"],
        input=table,
        text=True,
        capture_output=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
