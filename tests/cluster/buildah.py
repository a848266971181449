"""Images without Docker and without a registry: a base from the distribution, then buildah."""

import configparser
import hashlib
import os
import platform
from pathlib import Path

from cluster import layout, runtime, testtools
from cluster.commands import run
from cluster.content import TOOLS, Image

UNNEEDED = ("doc/*", "man/*", "locale/*", "info/*")
BASE_OPTIONS = (
    "--variant=essential",
    "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
    "--include=usr-is-merged,python3-venv,ca-certificates",
    *(f"--dpkgopt=path-exclude=/usr/share/{what}" for what in UNNEEDED),
)
CERTIFICATES = "/etc/ssl/certs"
PIP_CACHE = "/pip-cache"


def base() -> str:
    """Name of the base image that stands in for `python:slim`; its tag says what made it."""
    recipe = " ".join((_suite(), *BASE_OPTIONS))
    return f"localhost/sluice-base:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def build(image: Image, reference: str) -> None:
    """Builds it and hands it to the node's containerd."""
    if image is TOOLS:
        runtime.load(_tools(reference))
        return
    _buildah("rm", "--all")  # what an interrupted build left would keep images from being removed
    _ensure_base()
    _build(image, reference)
    file = layout.STATE / "image.tar"
    file.unlink(missing_ok=True)
    _buildah("push", reference, f"docker-archive:{file}:{reference}")
    runtime.load(file)
    file.unlink()
    _forget_older(reference)


def _tools(reference: str) -> Path:
    file = layout.CACHE / f"{reference.rpartition('/')[2].replace(':', '-')}.tar"
    if not file.exists():
        half = file.with_suffix(".half")
        testtools.write(half, reference)
        half.rename(file)
    return file


def _build(image: Image, reference: str) -> None:
    configuration = _pip_configuration()
    cache = layout.CACHE / "pip"
    cache.mkdir(exist_ok=True)
    volumes = (
        f"{CERTIFICATES}:{CERTIFICATES}:ro",
        f"{configuration}:/etc/pip.conf:ro",
        f"{cache}:{PIP_CACHE}",
    )
    # Volumes, not build arguments: neither a proxy's certificate nor a mirror stays in the image.
    _buildah(
        "build",
        "--layers",
        "--network=host",
        f"--build-arg=BASE={base()}",
        *(f"--volume={volume}" for volume in volumes),
        f"--file={image.dockerfile}",
        f"--tag={reference}",
        ".",
    )


def _forget_older(reference: str) -> None:
    """Builds of earlier content; the layers that they share with this one stay."""
    name = reference.partition(":")[0]
    for other in _images():
        if other.startswith(f"{name}:") and other != reference:
            _buildah("rmi", other)


def _images() -> list[str]:
    return _buildah("images", "--format", "{{.Name}}:{{.Tag}}").split()


def _pip_configuration() -> Path:
    """What this machine's pip is told by its environment, for the pip inside the build."""
    known = {"PIP_CERT": "cert", "PIP_INDEX_URL": "index-url", "PIP_DEFAULT_TIMEOUT": "timeout"}
    settings = configparser.ConfigParser(interpolation=None)
    settings["global"] = {
        "cache-dir": PIP_CACHE,
        **{key: os.environ[name] for name, key in known.items() if name in os.environ},
    }
    path = layout.CACHE / "pip.conf"
    with path.open("w") as file:
        settings.write(file)
    return path


def _ensure_base() -> None:
    if base() in _images():
        return
    print("making a base image from the distribution's packages; once per machine", flush=True)
    tree = layout.CACHE / "base.tar"
    tree.unlink(missing_ok=True)
    run("mmdebstrap", "--quiet", *BASE_OPTIONS, _suite(), tree)
    container = _buildah("from", "scratch").strip()
    _buildah("add", "--quiet", container, str(tree))
    _buildah("commit", "--quiet", "--rm", container, base())
    tree.unlink()


def _buildah(*words: str) -> str:
    places = (f"--root={layout.CACHE}/buildah", f"--runroot={layout.CACHE}/buildah-run")
    settings = {"STORAGE_DRIVER": "overlay", "BUILDAH_ISOLATION": "chroot"}
    return run("buildah", *places, *words, cwd=layout.ROOT, env=settings)


def _suite() -> str:
    return platform.freedesktop_os_release()["VERSION_CODENAME"]
