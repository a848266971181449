"""What a converter makes of a body: a spec of ours, and what else its author asked for."""

from dataclasses import dataclass, field
from typing import Any, Literal

FormName = Literal["Own", "Business", "Departments", "Entities", "Documents", "Nodes"]


@dataclass(frozen=True)
class Remark:
    """Something that was carried over otherwise than it was written; `path` leads into the body."""

    type: str
    path: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """`spec` holds the fields that the body speaks of, and no others.

    `metadata` is what our own form says of the object: its name, labels and annotations.
    `webhook_keys` are keys of the Secret sluice-webhooks that its triggers need and nobody has
    made yet; `template` asks for a WorkflowTemplate beside the workflow. `steps` is what the
    body's own ids of steps have become.
    """

    form: FormName
    spec: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    template: bool = False
    webhook_keys: tuple[str, ...] = ()
    steps: dict[str, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
