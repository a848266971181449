"""Decide whether a step may connect to an address: pure, from names, ports and a list of rules."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from sluice_runner.egress.address import Address, Network, embedded, inner_network, is_public

HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
HOST_LENGTH = 254
ENTRY = re.compile(
    r"(?P<wildcard>\*\.)?(\[(?P<bracketed>[^\]]+)\]|(?P<bare>[^\[\]*:/]+|[^\[\]*]+/\d+))(:(?P<port>\d{1,5}))?"
)
ASK = "in spec.egress.allow and let the namespace's WorkflowPlan permit it"


class EgressRefused(Exception):  # noqa: N818 - a decision, not a fault
    """The guard does not open this connection; the message says what would change that."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a step asks for. `usual_ports` are open on public addresses without being named.

    `encrypted` says that nothing but TLS or SSH is spoken, so that the peer proves who it is.
    """

    host: str
    port: int
    encrypted: bool = True
    usual_ports: frozenset[int] = frozenset({443})

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One entry of `egress.allow`: a host, a suffix or a network; no port means every port."""

    host: str = ""
    suffix: str = ""
    network: Network | None = None
    port: int | None = None

    def names(self, target: Target) -> bool:
        """Whether the target's host is spelt here; the last dot of a full name does not matter."""
        if not self._opens(target.port):
            return False
        host = target.host.lower().removesuffix(".")
        return host == self.host if self.host else bool(self.suffix) and host.endswith(self.suffix)

    def holds(self, address: Address, port: int) -> bool:
        """Whether the address lies in this network.

        A network that is wider than the inner one around the address does not hold it: 0.0.0.0/0
        means the internet, and not the metadata service.
        """
        if self.network is None or not self._opens(port):
            return False
        if (inner := inner_network(address)) and not _within(self.network, inner):
            return False
        return all(each in self.network for each in embedded(address) or (address,)) or (
            address in self.network
        )

    def _opens(self, port: int) -> bool:
        return self.port is None or self.port == port


@dataclass(frozen=True)
class Egress:
    """What one workflow may reach besides public addresses over TLS.

    `allow` is what the workflow names and its plan permits: `host`, `host:port`, `*.suffix:port`,
    `10.0.0.0/8`, `10.0.0.0/8:5432`, `[fd00::1]:443`. Without `private` (the plan's allowPrivate) a
    host name leads to public addresses only. Raises ValueError for an entry of another form.
    """

    allow: tuple[str, ...] = ()
    private: bool = True
    rules: tuple[Rule, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(parsed(entry) for entry in self.allow))

    def judge(self, target: Target, address: Address) -> None:
        """Return when a connection may be opened; raise EgressRefused when not."""
        if any(rule.holds(address, target.port) for rule in self.rules):
            return
        named = any(rule.names(target) for rule in self.rules)
        if inner_network(address):
            raise EgressRefused(
                f"{address} ({target}) belongs to the pod, its node or its cloud: "
                f"name the address itself {ASK}"
            )
        if not is_public(address):
            if not (named and self.private):
                raise EgressRefused(f"{address} ({target}) is private: name it {ASK}")
        elif not named:
            _judge_public(target)


def _judge_public(target: Target) -> None:
    if not target.encrypted:
        raise EgressRefused(f"{target} would be spoken to in plain text: use TLS, or name it {ASK}")
    if target.port not in target.usual_ports:
        raise EgressRefused(f"{target} is not a usual port of this protocol: name it {ASK}")


def check_spelling(target: Target) -> None:
    """Refuse what no resolver should see: zone ids, escapes, empty labels, ports out of range."""
    if not 1 <= target.port <= 65535:
        raise EgressRefused(f"{target.port} is not a port")
    if len(target.host) <= HOST_LENGTH and HOST.fullmatch(target.host.lower()):
        return
    if literal(target.host) is None:
        raise EgressRefused(f"{target.host[:HOST_LENGTH]!r} is not a host name or an address")


def literal(text: str) -> Address | None:
    """The address that `text` spells in the usual way; with a zone it is none."""
    try:
        return ip_address(text) if "%" not in text else None
    except ValueError:
        return None


def parsed(entry: str) -> Rule:
    """One entry of `egress.allow` as a rule; raises ValueError."""
    match = ENTRY.fullmatch(entry) if not literal(entry) else None
    text = (match["bracketed"] or match["bare"]) if match else entry
    port = int(match["port"]) if match and match["port"] else None
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"egress.allow: {entry!r}: {port} is not a port")
    if match and match["wildcard"] and HOST.fullmatch(text.lower()):
        return Rule(suffix=f".{text.lower().removesuffix('.')}", port=port)
    if not (match and match["wildcard"]) and (literal(text) or "/" in text):
        return Rule(network=ip_network(text), port=port)
    if match and not (match["bracketed"] or match["wildcard"]) and HOST.fullmatch(text.lower()):
        return Rule(host=text.lower().removesuffix("."), port=port)
    raise ValueError(
        f"egress.allow: {entry!r} is not a host, host:port, *.suffix, CIDR or CIDR:port"
    )


def _within(network: Network, other: Network) -> bool:
    return network.version == other.version and (
        int(network.network_address) >= int(other.network_address)
        and int(network.broadcast_address) <= int(other.broadcast_address)
    )
