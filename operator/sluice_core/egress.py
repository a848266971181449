"""The entries of `egress.allow` and of a plan: what one names, and whether a plan permits it."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sluice_core.api.plan import PlanEgress

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Target:
    """A host name (which may begin with `*.`) or a network, and a port or any."""

    host: str = ""
    network: Network | None = None
    port: int | None = None


def parse(entry: str) -> Target:
    """Read `host`, `host:port`, `address`, `address:port` or a CIDR.

    Raises ValueError, saying what is wrong, for anything else.
    """
    if "/" in entry:
        return Target(network=ipaddress.ip_network(entry, strict=False))
    host, port = _host_and_port(entry)
    try:
        return Target(network=ipaddress.ip_network(host), port=port)
    except ValueError:
        return Target(host=host.rstrip(".").lower(), port=port)


def _host_and_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        return host, _number(port.removeprefix(":"), entry)
    if entry.count(":") > 1:
        return entry, None
    host, _, port = entry.partition(":")
    if not host:
        raise ValueError(f"{entry!r} names no host: write api.example.com:443")
    return host, _number(port, entry)


def _number(port: str, entry: str) -> int | None:
    if not port:
        return None
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{entry!r} has no port between 1 and 65535 after the colon")
    return int(port)


def covers(pattern: str, host: str) -> bool:
    """Whether `*.example.com` or `example.com` names the host."""
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[2:]
    return pattern == host


def refused(entries: Iterable[str], plan: PlanEgress | None) -> list[str]:
    """The entries that a plan does not permit; a plan without `egress` permits all of them."""
    if plan is None:
        return []
    return [entry for entry in entries if not _permits(plan, parse(entry))]


def _permits(plan: PlanEgress, target: Target) -> bool:
    if target.network is not None:
        return any(_inside(target.network, ipaddress.ip_network(c)) for c in plan.allow_cidrs or ())
    return any(_allows(parse(one), target) for one in plan.allow_hosts or ())


def _allows(permitted: Target, target: Target) -> bool:
    same_port = permitted.port is None or permitted.port == target.port
    return same_port and (permitted.host == target.host or covers(permitted.host, target.host))


def _inside(network: Network, wider: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return isinstance(wider, ipaddress.IPv4Network) and network.subnet_of(wider)
    return isinstance(wider, ipaddress.IPv6Network) and network.subnet_of(wider)
