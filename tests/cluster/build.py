"""The Kubernetes components, CoreDNS and Helm, built once from their Go modules and kept."""

import hashlib
import os
import re
import shutil
from pathlib import Path

from cluster import layout
from cluster.commands import run
from cluster.locking import locked
from cluster.parts import UnfitMachineError

SOURCE = layout.ROOT / "tests" / "cluster" / "kube"
PROGRAMS = {
    "kube": ".",
    "helm": "helm.sh/helm/v3/cmd/helm",
    "coredns": "github.com/coredns/coredns",
}


def folder() -> Path:
    """Where the programs of these very sources are, or will be."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum", "main.go"):
        digest.update((SOURCE / name).read_bytes())
    return layout.CACHE / f"kube-{digest.hexdigest()[:12]}"


def program(name: str) -> Path:
    """One of PROGRAMS, built when it is not there; that takes both cores for ten minutes, once."""
    path = folder() / name
    if not path.exists():
        with locked("build"):
            if not path.exists():
                _build(name, path)
    return path


def version() -> str:
    """The Kubernetes release that go.mod pins."""
    found = re.search(r"k8s\.io/kubernetes (v\S+)", (SOURCE / "go.mod").read_text())
    assert found
    return found[1]


def _build(name: str, path: Path) -> None:
    print(f"building {name} of Kubernetes {version()}; minutes, but once per machine", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")  # a killed build leaves no program that looks whole
    major, minor = version()[1:].split(".")[:2]
    about = "k8s.io/component-base/version"
    flags = (
        f"-X {about}.gitVersion={version()} -X {about}.gitMajor={major} -X {about}.gitMinor={minor}"
    )
    run(
        _go(),
        "build",
        "-trimpath",
        f"-ldflags=-s -w {flags}",
        "-o",
        half,
        PROGRAMS[name],
        cwd=SOURCE,
        env={"CGO_ENABLED": "0"},
    )
    half.rename(path)


def _go() -> str:
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go"):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise UnfitMachineError(
        "The test cluster is built with Go 1.24 or newer, and there is none here: "
        "https://go.dev/doc/install"
    )
