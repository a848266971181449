"""Where the test cluster keeps its things, and which addresses it takes on this machine."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CACHE = Path(os.environ.get("SLUICE_CACHE", Path.home() / ".cache" / "sluice"))
"""What may be kept for ever: binaries, base image, wheels. Each folder's name says what made it."""

STATE = Path(
    os.environ.get(
        "SLUICE_CLUSTER_STATE",
        "/var/lib/sluice-cluster" if os.geteuid() == 0 else CACHE / "cluster",
    )
)
"""What lives as long as the cluster. One place for every checkout, and short: a socket's path
must stay under 108 characters."""

KUBECONFIG = STATE / "kubeconfig"
IMAGES = STATE / "images.json"
CONTAINERD = STATE / "containerd.sock"

NODE = "node-1"
NODE_ADDRESS = "198.18.0.1"  # an extra one on lo: an API server does not advertise loopback
API = f"https://{NODE_ADDRESS}:6443"
ETCD = "http://127.0.0.1:23790"
ETCD_PEER = "http://127.0.0.1:23800"

BRIDGE = "sluicebr0"
BRIDGE_ADDRESS = "10.244.0.1"
PODS = "10.244.0.0/16"
NODE_PODS = "10.244.0.0/24"
SERVICES = "10.96.0.0/16"
DNS_ADDRESS = "10.96.0.10"

CGROUP = STATE.name
ISOLATION_TABLE = "sluice-isolation"
POLICY_TABLE = "sluice-netpol"
