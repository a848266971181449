"""What this machine must bring: programs of its distribution. Installed on Debian, else named."""

import os
import shutil
from pathlib import Path

from cluster.commands import run

PACKAGES = {
    "buildah": "buildah",
    "busybox": "busybox-static",
    "conntrack": "conntrack",
    "containerd": "containerd",
    "ctr": "containerd",
    "ip": "iproute2",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "openssl": "openssl",
    "runc": "runc",
    "kubectl": "kubernetes-client",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
}
"""Program, or file: the Debian package that has it."""


class UnfitMachineError(RuntimeError):
    """This machine cannot carry the cluster; the message says what would change that."""


def missing() -> dict[str, str]:
    """The rows of PACKAGES that this machine lacks."""
    return {part: package for part, package in PACKAGES.items() if not _present(part)}


def require() -> None:
    """Installs what is missing where that is allowed; raises UnfitMachineError otherwise."""
    if not Path("/proc/self/stat").exists() or os.geteuid():
        raise UnfitMachineError(
            "There is no Docker engine with kind here, and without them the test cluster needs "
            "Linux and root. Start Docker and install kind, or run this as root, or set "
            "KUBECONFIG and SLUICE_USE_CURRENT=1 to use a cluster of yours."
        )
    lacking = missing()
    if lacking and shutil.which("apt-get"):
        _install(sorted(set(lacking.values())))
        lacking = missing()
    if lacking:
        raise UnfitMachineError(f"Missing on this machine: {', '.join(sorted(lacking))}")


def _present(part: str) -> bool:
    return Path(part).exists() if part.startswith("/") else shutil.which(part) is not None


def _install(packages: list[str]) -> None:
    print(f"installing {' '.join(packages)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    run("apt-get", "update", "-qq", env=quiet)
    run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages, env=quiet)
