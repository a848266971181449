"""The image of small tools for test pods, packed from the distribution's own busybox."""

import platform
import tempfile
from pathlib import Path

from cluster import archive
from cluster.commands import CommandError, run

LIBRARIES = ("libc.so.6", "libresolv.so.2")
LOADERS = {
    "x86_64": "/lib64/ld-linux-x86-64.so.2",
    "aarch64": "/lib/ld-linux-aarch64.so.1",
}


def write(file: Path, reference: str) -> None:
    """The dynamic busybox: glibc's static one cannot look up a name."""
    machine = platform.machine()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # apt fetches as a user of its own
        _download(Path(folder))
        [package] = Path(folder).glob("*.deb")
        run("dpkg-deb", "--extract", package, folder)
        busybox = Path(folder, "bin/busybox")
        applets = [name for name in run(busybox, "--list").split() if name != "busybox"]
        libraries = [Path("/lib") / f"{machine}-linux-gnu" / name for name in LIBRARIES]
        archive.write(
            file,
            reference,
            files={
                "bin/busybox": busybox,
                **{f"lib/{machine}-linux-gnu/{path.name}": path.resolve() for path in libraries},
                LOADERS[machine].lstrip("/"): Path(LOADERS[machine]).resolve(),
            },
            links={f"bin/{name}": "busybox" for name in applets},
            entrypoint=(),
        )


def _download(folder: Path) -> None:
    command = ("apt-get", "download", "-qq", "busybox")
    try:
        run(*command, cwd=folder)
    except CommandError:  # the lists may be old, or never have been fetched
        run("apt-get", "update", "-qq")
        run(*command, cwd=folder)
