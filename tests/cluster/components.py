"""The command line of each component of the cluster."""

import sys
from pathlib import Path

from cluster import layout
from cluster.credentials import (
    CLIENT_AUTHORITY,
    SERVICE_ACCOUNT_KEY,
    SERVING,
    SERVING_CERTIFICATE,
    TOKENS,
    kubeconfig,
)

CONTROL_PLANE = ("etcd", "apiserver", "controller-manager", "scheduler")
NODE = ("containerd", "kubelet", "proxy")


def argv(name: str, kube: Path) -> list[str]:
    """`kube` is the binary that has all of them but containerd."""
    if name == "containerd":
        return ["containerd", "--config", str(layout.STATE / "containerd.toml")]
    flags = {
        "etcd": _etcd,
        "apiserver": _apiserver,
        "controller-manager": _controller_manager,
        "scheduler": _scheduler,
        "kubelet": _kubelet,
        "proxy": _proxy,
    }[name]()
    return [str(kube), name, *(f"--{flag}={value}" for flag, value in flags.items())]


def enforcer() -> list[str]:
    """Our own process that puts NetworkPolicies in force."""
    here = f"PYTHONPATH={layout.ROOT / 'tests'}"
    return ["env", here, sys.executable, "-m", "cluster.enforcer"]


def _etcd() -> dict[str, object]:
    return {
        "data-dir": layout.STATE / "etcd",
        "listen-client-urls": layout.ETCD,
        "advertise-client-urls": layout.ETCD,
        "listen-peer-urls": layout.ETCD_PEER,
        "initial-advertise-peer-urls": layout.ETCD_PEER,
        "initial-cluster": f"default={layout.ETCD_PEER}",
        "unsafe-no-fsync": "true",  # a machine that loses power may lose the cluster
    }


def _apiserver() -> dict[str, object]:
    return {
        "etcd-servers": layout.ETCD,
        "cert-dir": SERVING,
        "bind-address": layout.NODE_ADDRESS,
        "advertise-address": layout.NODE_ADDRESS,
        "secure-port": 6443,
        "service-cluster-ip-range": layout.SERVICES,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": SERVICE_ACCOUNT_KEY,
        "service-account-signing-key-file": SERVICE_ACCOUNT_KEY,
        "client-ca-file": CLIENT_AUTHORITY,
        "token-auth-file": TOKENS,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "kubelet-preferred-address-types": "InternalIP",
        "shutdown-delay-duration": "0s",
    }


def _controller_manager() -> dict[str, object]:
    return {
        **_controller("controller-manager"),
        "service-account-private-key-file": SERVICE_ACCOUNT_KEY,
        "root-ca-file": SERVING_CERTIFICATE,
        "use-service-account-credentials": "true",
        "cluster-cidr": layout.PODS,
        "allocate-node-cidrs": "true",
    }


def _scheduler() -> dict[str, object]:
    return _controller("scheduler")


def _controller(name: str) -> dict[str, object]:
    return {
        "kubeconfig": kubeconfig(name),
        "authentication-kubeconfig": kubeconfig(name),
        "authorization-kubeconfig": kubeconfig(name),
        "cert-dir": layout.STATE / "serving" / name,
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
    }


def _kubelet() -> dict[str, object]:
    return {
        "config": layout.STATE / "kubelet.json",
        "kubeconfig": kubeconfig("kubelet"),
        "hostname-override": layout.NODE,
        "node-ip": layout.NODE_ADDRESS,
        "root-dir": layout.STATE / "kubelet",
        "cert-dir": layout.STATE / "serving" / "kubelet",
    }


def _proxy() -> dict[str, object]:
    return {
        "kubeconfig": kubeconfig("proxy"),
        "proxy-mode": "nftables",
        "cluster-cidr": layout.PODS,
        "hostname-override": layout.NODE,
        "metrics-bind-address": "127.0.0.1:10249",
        "healthz-bind-address": "127.0.0.1:10256",
    }
