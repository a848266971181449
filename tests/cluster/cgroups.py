"""The control groups under which all pods of this cluster are, and no one else's."""

import os
import signal
from pathlib import Path

from cluster import layout
from cluster.waiting import until

MOUNT = Path("/sys/fs/cgroup")
UNIFIED = MOUNT / "cgroup.controllers"  # there in cgroup v2 only


def make() -> None:
    """One in each hierarchy; the kubelet does not make its own root."""
    for hierarchy in _hierarchies():
        (hierarchy / layout.CGROUP).mkdir(exist_ok=True)


def kill() -> None:
    """Ends every process of every pod."""
    for pid in _members():
        os.kill(pid, signal.SIGKILL)
    until("the processes of the pods end", lambda: not _members(), 20)


def remove() -> None:
    """The groups, deepest first; they must be empty."""
    for hierarchy in _hierarchies():
        root = hierarchy / layout.CGROUP
        for folder, _, _ in os.walk(root, topdown=False):
            Path(folder).rmdir()


def _hierarchies() -> list[Path]:
    if UNIFIED.exists():
        return [MOUNT]
    return [each for each in MOUNT.iterdir() if each.is_dir() and not each.is_symlink()]


def _members() -> set[int]:
    pids: set[int] = set()
    for hierarchy in _hierarchies():
        for file in (hierarchy / layout.CGROUP).rglob("cgroup.procs"):
            pids.update(int(pid) for pid in file.read_text().split())
    return pids
