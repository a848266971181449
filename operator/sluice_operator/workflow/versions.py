"""Versions of a workflow: a ControllerRevision for each definition that was current once."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

import orjson

from sluice_core import names
from sluice_core.api.workflow import Workflow
from sluice_operator.workflow.observed import Manifest, Revision
from sluice_operator.workflow.resources.meta import metadata


@dataclass(frozen=True)
class Version:
    """The current version; `is_new` when its ControllerRevision is still to be made."""

    number: int
    is_new: bool


def current(digest: str, revisions: Iterable[Revision], high_water: int | None) -> Version:
    """The version of a definition: the newest one if it is the same, else a further number.

    A definition that comes back after another one gets a new number too, as a rollback does.
    `high_water` is the highest number that the status has shown, so that none is used again
    after its ControllerRevision was pruned.
    """
    newest = max(revisions, key=lambda one: one.number, default=None)
    if newest is not None and newest.digest == digest:
        return Version(newest.number, is_new=False)
    number = max(high_water or 0, newest.number if newest else 0) + 1
    return Version(number, is_new=True)


def surplus(
    revisions: Iterable[Revision], *, limit: int, pinned: Set[int] | None
) -> list[Revision]:
    """The oldest versions beyond the limit, which counts neither the newest nor tagged ones.

    Those of unfinished runs stay too; while these are not known, all.
    """
    if pinned is None:
        return []
    ordered = sorted(revisions, key=lambda one: one.number, reverse=True)
    older = [one for one in ordered[1:] if not one.tagged]
    return [one for one in older[limit:] if one.number not in pinned]


def make_revision(workflow: Workflow, number: int, raw: bytes, digest: str) -> dict[str, Any]:
    """The ControllerRevision that holds the definition's bytes, as JSON."""
    meta = metadata(workflow, names.revision(workflow.metadata.name, number))
    meta["annotations"] = {names.ANNOTATION_DEFINITION: digest}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": meta,
        "revision": number,
        "data": orjson.loads(raw),
    }


def read_revision(manifest: Manifest) -> Revision:
    """The version that a ControllerRevision of ours holds."""
    annotations = manifest["metadata"].get("annotations", {})
    steps = manifest.get("data", {}).get("steps", ())
    return Revision(
        number=manifest["revision"],
        digest=annotations.get(names.ANNOTATION_DEFINITION, ""),
        tagged=bool(annotations.get(names.ANNOTATION_VERSION_TAG)),
        credentials=frozenset(filter(None, (step.get("credential") for step in steps))),
    )
