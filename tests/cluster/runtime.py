"""containerd as seen from outside: images in, leftovers of containers out."""

import os
import signal
import subprocess
from pathlib import Path

from cluster import cgroups, layout
from cluster.commands import attempt, run
from cluster.waiting import until

TASKS = layout.STATE / "containerd" / "state" / "io.containerd.runtime.v2.task" / "k8s.io"


def answers() -> bool:
    """Whether containerd serves requests."""
    return layout.CONTAINERD.exists() and attempt(*_ctr("version"))


def load(archive: Path) -> None:
    """A docker-archive into the kubelet's images."""
    run(*_ctr("images", "import", archive))


def images() -> set[str]:
    """Names of the images that the kubelet can start."""
    return set(run(*_ctr("images", "ls", "-q")).split())


def clear() -> None:
    """Ends pods and shims, and takes their mounts; containerd and kubelet must have ended."""
    sockets = [Path(file.read_text().removeprefix("unix://")) for file in TASKS.glob("*/address")]
    for pid in _shims():
        os.kill(pid, signal.SIGKILL)
    until("the container shims end", lambda: not _shims(), 20)
    cgroups.kill()
    for place in sorted(_mounts(), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False)
    for socket in sockets:
        socket.unlink(missing_ok=True)
    cgroups.remove()


def _ctr(*words: str | Path) -> tuple[str | Path, ...]:
    return ("ctr", "--address", layout.CONTAINERD, "--namespace", "k8s.io", *words)


def _shims() -> list[int]:
    """A shim's command line names the containerd that it belongs to."""
    ours = str(layout.CONTAINERD)
    return [pid for pid, words in _command_lines() if "shim" in words[0] and ours in words]


def _command_lines() -> list[tuple[int, list[str]]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        found.append((int(folder.name), words))
    return found


def _mounts() -> list[str]:
    places = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [place for place in places if place.startswith(f"{layout.STATE}/")]
