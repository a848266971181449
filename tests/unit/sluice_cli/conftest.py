from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = """\
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: demo}
spec:
  triggers: [{name: q, queue: {}}]
  inputs: {type: object, required: [n]}
  steps:
"""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a workflow with these steps to a file, and give its path."""

    def file(*steps: str, name: str = "flow.yaml", head: str = HEAD) -> str:
        path = tmp_path / name
        path.write_text(head + "".join(f"  - {step}\n" for step in steps), encoding="utf-8")
        return str(path)

    return file
