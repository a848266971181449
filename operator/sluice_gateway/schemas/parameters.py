"""Names in paths, which every route has described alike."""

from typing import Annotated

from fastapi import Path

from sluice_core.api import bounds

NamespaceName = Annotated[
    str, Path(pattern=bounds.LABEL, max_length=63, description="A namespace.")
]

WorkflowName = Annotated[str, Path(pattern=bounds.LABEL, max_length=50, description="A workflow.")]

RunName = Annotated[str, Path(pattern=bounds.LABEL, max_length=63, description="A run.")]
