"""What goes into each image, and the tag that follows from it: equal content, equal tag."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image of the project; paths are relative to the root of the checkout."""

    name: str
    dockerfile: str
    sources: tuple[str, ...]


OPERATOR = Image(
    name="sluice-operator",
    dockerfile="operator/Dockerfile",
    sources=(
        "requirements/operator.txt",
        "requirements/gateway.txt",
        "operator/sluice_core",
        "operator/sluice_kube",
        "operator/sluice_operator",
        "operator/sluice_gateway",
    ),
)
RUNNER = Image(
    name="sluice-runner",
    dockerfile="runner-image/Dockerfile",
    sources=("requirements/runner.txt", "operator/sluice_core", "runner-image/sluice_runner"),
)
TOOLS = Image(
    name="sluice-test-tools",
    dockerfile="tests/cluster/tools/Dockerfile",
    sources=("tests/cluster/archive.py", "tests/cluster/testtools.py"),
)


def reference(image: Image, root: Path, base: str) -> str:
    """`base` says what the image is built upon, when its Dockerfile alone does not."""
    digest = hashlib.sha256(base.encode())
    for path in _files(root, (image.dockerfile, *image.sources)):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return f"localhost/{image.name}:{digest.hexdigest()[:12]}"


def _files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """Files in an order that does not depend on the file system."""
    for name in sorted(names):
        path = root / name
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (each for each in found if each.is_file() and not _compiled(each))


def _compiled(path: Path) -> bool:
    return path.suffix == ".pyc" or "__pycache__" in path.parts
