"""Servers from Debian's packages, unpacked beside the system: nothing is installed or started.

`apt-get install openssh-server` would open the machine it runs on; a test must not do that.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from cluster.commands import CommandError, run
from cluster.locking import locked

PLACES = ("usr/sbin", "usr/bin", "usr/local/bin")


def program(name: str, package: str) -> Path:
    """The program of this machine, or that of the package; its libraries are beside it."""
    found = shutil.which(name, path=os.pathsep.join((*_path(), "/usr/sbin")))
    return Path(found) if found else tree(package) / "usr/sbin" / name


def environment(of: Path) -> dict[str, str]:
    """What an unpacked program needs to find its libraries; nothing for one of the machine."""
    root = of.parents[2]
    libraries = [str(path) for path in root.glob("usr/lib/*-linux-gnu")]
    return {"LD_LIBRARY_PATH": os.pathsep.join(libraries)} if root != Path("/") else {}


def tree(package: str) -> Path:
    """A folder with the package and all that this machine lacks of what it depends on."""
    folder = Path(tempfile.gettempdir(), f"sluice-services-{os.getuid()}", package)
    with locked(f"package-{package}"):
        if not folder.exists():
            _unpack(package, folder)
    return folder


def _unpack(package: str, folder: Path) -> None:
    if not shutil.which("apt-get"):
        sys.exit(f"these tests need {package}; install it, or run them on Debian")
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as downloads:
        _download(package, Path(downloads))
        for archive in sorted(Path(downloads).glob("*.deb")):
            run("dpkg-deb", "--extract", archive, unfinished)
    unfinished.chmod(0o755)
    unfinished.rename(folder)


def _download(package: str, folder: Path) -> None:
    try:
        _fetch(package, folder)
    except CommandError:  # the lists may be old, or never have been fetched
        run("apt-get", "update", "-qq")
        _fetch(package, folder)


def _fetch(package: str, folder: Path) -> None:
    plan = run("apt-get", "install", "--simulate", "--no-install-recommends", package)
    names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    run("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *names, cwd=folder)


def _path() -> list[str]:
    return os.environ.get("PATH", os.defpath).split(os.pathsep)
