"""The node's address, the pods' bridge, and the wall around both: nothing leaves the machine."""

import json
from pathlib import Path

from cluster import layout
from cluster.commands import attempt, run

SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/bridge/bridge-nf-call-iptables": "1",  # else no forward chain sees pod to pod
    "net/bridge/bridge-nf-call-ip6tables": "1",
}
TOUCHED = (
    *SYSCTLS,
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "net/ipv4/conf/all/route_localnet",
)
"""Also what kubelet and kube-proxy set; all are put back at the end."""
BEFORE = layout.STATE / "sysctls.json"
TABLES = (
    ("inet", layout.ISOLATION_TABLE),
    ("inet", layout.POLICY_TABLE),
    ("ip", "kube-proxy"),
    ("ip6", "kube-proxy"),
)


def up() -> None:
    """Made before the first pod, so that there is no moment without the wall."""
    for module in ("br_netfilter", "overlay", "nf_conntrack"):
        attempt("modprobe", module)  # may be part of the kernel
    BEFORE.write_text(json.dumps(_read(TOUCHED)))
    _write(SYSCTLS)
    run("nft", "-f", "-", stdin=isolation())
    run("ip", "address", "replace", f"{layout.NODE_ADDRESS}/32", "dev", "lo")
    attempt("ip", "link", "add", layout.BRIDGE, "type", "bridge")
    run("ip", "address", "replace", f"{layout.BRIDGE_ADDRESS}/24", "dev", layout.BRIDGE)
    run("ip", "link", "set", layout.BRIDGE, "up")
    run("ip", "route", "replace", layout.SERVICES, "dev", layout.BRIDGE)
    run("ip", "route", "replace", "blackhole", layout.PODS)


def down() -> None:
    """Whatever of it is there goes."""
    attempt("ip", "route", "del", "blackhole", layout.PODS)
    attempt("ip", "link", "del", layout.BRIDGE)
    attempt("ip", "address", "del", f"{layout.NODE_ADDRESS}/32", "dev", "lo")
    for family, table in TABLES:
        attempt("nft", "delete", "table", family, table)
    if BEFORE.exists():
        _write(json.loads(BEFORE.read_text()))


def isolation() -> str:
    """The wall: what comes from the bridge goes to the bridge or to the node, or nowhere."""
    return f"""\
table inet {layout.ISOLATION_TABLE}
delete table inet {layout.ISOLATION_TABLE}
table inet {layout.ISOLATION_TABLE} {{
  chain forward {{
    type filter hook forward priority -10;
    iifname "{layout.BRIDGE}" oifname != "{layout.BRIDGE}" drop
    iifname "{layout.BRIDGE}" meta nfproto ipv6 drop
  }}
}}
"""


def _read(names: tuple[str, ...]) -> dict[str, str]:
    files = {name: Path("/proc/sys", name) for name in names}
    return {name: file.read_text().strip() for name, file in files.items() if file.exists()}


def _write(values: dict[str, str]) -> None:
    for name, value in values.items():
        Path("/proc/sys", name).write_text(value)
