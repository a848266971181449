"""What examples/ and the documentation show of our kinds is what a real API server takes."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice_core.manifest import Manifest
from sluice_kube.config import ClusterConfig
from testkit.api_server import ApiServer, a_group

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
OURS = re.compile(r"^apiVersion: *sluice\.dev/", re.MULTILINE)
FENCED = re.compile(r"^( *)```ya?ml\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def shown() -> Iterator[tuple[str, str]]:
    """Place and text of every document of ours."""
    yield from documents("full_workflow.yaml", ROOT / "tests/testkit/full_workflow.yaml")
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        yield from documents(str(path.relative_to(ROOT)), path)
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in FENCED.finditer(path.read_text("utf-8")):
            line = path.read_text("utf-8").count("\n", 0, block.start()) + 1
            indent, text = block.groups()
            plain = re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
            yield from split(f"{path.relative_to(ROOT)}:{line}", plain)


def documents(place: str, path: Path) -> Iterator[tuple[str, str]]:
    yield from split(place, path.read_text("utf-8"))


def split(place: str, text: str) -> Iterator[tuple[str, str]]:
    found = [one for one in re.split(r"^---.*$", text, flags=re.MULTILINE) if OURS.search(one)]
    for number, document in enumerate(found, 1):
        yield place if len(found) == 1 else f"{place}#{number}", document


SHOWN = dict(shown())


@pytest.fixture(scope="module")
def api(cluster_config: ClusterConfig) -> Iterator[ApiServer]:
    with a_group(cluster_config) as api:
        yield api


def as_kubectl_reads(text: str) -> Manifest:
    """The object as kubectl's own YAML reader understands it, in the namespace default."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl")
    command = [kubectl, "create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-"]
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 0, done.stderr
    manifest: Manifest = json.loads(done.stdout)
    if "namespace" in manifest["metadata"]:
        manifest["metadata"]["namespace"] = "default"
    return manifest


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_it_is_accepted_as_it_is_shown(api: ApiServer, text: str) -> None:
    manifest = as_kubectl_reads(OURS.sub(f"apiVersion: {api.group}/", text))

    answer = api.create(manifest)

    assert answer.code == 201, answer.message
