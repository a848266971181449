"""NetworkPolicies, namespaces and pods in, one nft ruleset out. Pure."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cluster import layout
from cluster.selectors import matches

Manifest = Mapping[str, Any]
Direction = Literal["ingress", "egress"]
PEERS = {"ingress": "from", "egress": "to"}
FAR_END = {"ingress": "saddr", "egress": "daddr"}
NEAR_END = {"ingress": "daddr", "egress": "saddr"}
ENTRY = {"ingress": "to-pods", "egress": "from-pods"}


@dataclass(frozen=True)
class Cluster:
    """Everything that decides what may pass."""

    policies: Sequence[Manifest]
    namespaces: Sequence[Manifest]
    pods: Sequence[Manifest]
    node_addresses: Sequence[str] = (layout.NODE_ADDRESS, layout.BRIDGE_ADDRESS)


def ruleset(cluster: Cluster) -> str:
    """A whole table, to be replaced atomically. What no policy selects stays open, as the API says.

    Rules see addresses and ports after a Service's translation. What the node sends to a pod is
    never forwarded, so it never meets these chains; its addresses are let in all the same.
    """
    pods = [pod for pod in cluster.pods if _has_address_of_its_own(pod)]
    chains: list[str] = []
    jumps: dict[Direction, list[str]] = {"ingress": [], "egress": []}
    for pod in sorted(pods, key=_address):
        for direction, entries in jumps.items():
            policies = [each for each in cluster.policies if _selects(each, pod, direction)]
            if policies:
                name = f"{direction}-{_address(pod)}"
                entries.append(f"{_address(pod)} : jump {name}")
                rules = _rules(policies, pod, pods, cluster, direction)
                chains.append(_chain(name, [*dict.fromkeys(rules), "drop"]))
    return _table(chains, jumps)


def _rules(
    policies: Sequence[Manifest],
    pod: Manifest,
    pods: Sequence[Manifest],
    cluster: Cluster,
    direction: Direction,
) -> Iterator[str]:
    far = FAR_END[direction]
    yield f"ip {far} {_address(pod)} return"  # no policy parts a pod from itself
    if direction == "ingress":
        yield f"ip saddr {_set(cluster.node_addresses)} return"
    for policy in policies:
        for rule in policy["spec"].get(direction) or []:
            peers = rule.get(PEERS[direction]) or []
            ports = rule.get("ports") or []
            for addresses in _peers(peers, policy, pods, cluster, far):
                yield from _allow(addresses, ports, pod, pods, direction)


def _peers(
    peers: Sequence[Manifest],
    policy: Manifest,
    pods: Sequence[Manifest],
    cluster: Cluster,
    far: str,
) -> Iterator[str]:
    """Matches of addresses; the empty one is everybody."""
    if not peers:
        yield ""
    for peer in peers:
        if "ipBlock" in peer:
            yield from _block(peer["ipBlock"], far)
            continue
        namespaces = _namespaces(peer, policy, cluster)
        chosen = [
            _address(pod)
            for pod in pods
            if pod["metadata"]["namespace"] in namespaces
            and matches(peer.get("podSelector") or {}, _labels(pod))
        ]
        if chosen:
            yield f"ip {far} {_set(chosen)} "


def _namespaces(peer: Manifest, policy: Manifest, cluster: Cluster) -> set[str]:
    selector = peer.get("namespaceSelector")
    if selector is None:
        return {policy["metadata"]["namespace"]}
    return {
        each["metadata"]["name"] for each in cluster.namespaces if matches(selector, _labels(each))
    }


def _block(block: Manifest, far: str) -> Iterator[str]:
    """This cluster has no IPv6, so a block of it lets nobody through."""
    network = ipaddress.ip_network(block["cidr"], strict=False)
    if network.version != 4:
        return
    words = "" if network.prefixlen == 0 else f"ip {far} {network} "
    excepted = block.get("except") or []
    yield words + "".join(f"ip {far} != {each} " for each in excepted)


def _allow(
    addresses: str,
    ports: Sequence[Manifest],
    pod: Manifest,
    pods: Sequence[Manifest],
    direction: Direction,
) -> Iterator[str]:
    if not ports:
        yield f"{addresses}return"
    for port in ports:
        protocol = port.get("protocol", "TCP")
        wanted = port.get("port")
        if isinstance(wanted, str):
            yield from _allow_named(addresses, protocol, wanted, pod, pods, direction)
        else:
            yield f"{addresses}{_port(protocol, wanted, port.get('endPort'))} return"


def _allow_named(
    addresses: str,
    protocol: str,
    name: str,
    pod: Manifest,
    pods: Sequence[Manifest],
    direction: Direction,
) -> Iterator[str]:
    """A name means what the receiving pod calls so: the selected one, or each that it may reach."""
    receivers = [pod] if direction == "ingress" else pods
    for receiver in receivers:
        for number in _ports_named(receiver, protocol, name):
            there = "" if direction == "ingress" else f"ip daddr {_address(receiver)} "
            yield f"{addresses}{there}{_port(protocol, number, None)} return"


def _ports_named(pod: Manifest, protocol: str, name: str) -> Iterator[int]:
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or []:
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                yield port["containerPort"]


def _port(protocol: str, first: int | None, last: int | None) -> str:
    if first is None:
        return f"meta l4proto {protocol.lower()}"
    return f"{protocol.lower()} dport {first}" + (f"-{last}" if last else "")


def _selects(policy: Manifest, pod: Manifest, direction: Direction) -> bool:
    spec = policy["spec"]
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
    return (
        direction.capitalize() in types
        and policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
        and matches(spec.get("podSelector") or {}, _labels(pod))
    )


def _has_address_of_its_own(pod: Manifest) -> bool:
    """A finished pod's address may be another's by now; on the host's network it is the node's."""
    status = pod.get("status", {})
    return (
        bool(status.get("podIP"))
        and status.get("phase") not in ("Succeeded", "Failed")
        and not pod["spec"].get("hostNetwork")
    )


def _address(pod: Manifest) -> str:
    address: str = pod["status"]["podIP"]
    return address


def _labels(thing: Manifest) -> Mapping[str, str]:
    return thing["metadata"].get("labels") or {}


def _set(values: Sequence[str]) -> str:
    return f"{{ {', '.join(sorted(set(values)))} }}"


def _table(chains: list[str], jumps: Mapping[Direction, list[str]]) -> str:
    table = f"table inet {layout.POLICY_TABLE}"
    known = "ct state established,related accept"
    here = f'iifname "{layout.BRIDGE}" '
    chains = [
        *chains,
        *(_chain(ENTRY[way], _dispatch(way, entries)) for way, entries in jumps.items()),
        _chain("forward", [_hook("forward"), known, "jump from-pods", "jump to-pods"]),
        _chain("input", [_hook("input"), known, f"{here}jump from-pods"]),
    ]
    return "\n".join([table, f"delete {table}", f"{table} {{", *chains, "}", ""])


def _dispatch(direction: Direction, entries: list[str]) -> list[str]:
    return [f"ip {NEAR_END[direction]} vmap {{ {', '.join(entries)} }}"] if entries else []


def _hook(name: str) -> str:
    return f"type filter hook {name} priority 10; policy accept;"


def _chain(name: str, rules: Sequence[str]) -> str:
    return "\n".join([f"  chain {name} {{", *(f"    {rule}" for rule in rules), "  }"])
