"""Read what a run depends on before it may go: the run that it resumes, and those above it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from sluice_core import lineage
from sluice_operator.run.observed import Name, Run, parent_of

Manifest: TypeAlias = dict[str, Any]
Read: TypeAlias = Callable[[Name], Awaitable[Manifest | None]]


async def prepare(run: Run, read: Read) -> bool:
    """Complete the run; False when the run above it was cancelled, and this one is to follow."""
    source = run.spec.get("resumeFrom")
    if source:
        run.earlier = await read(Name(run.name.namespace, source))
        if run.earlier is not None:
            run.record.reuse(run.earlier.get("status", {}), run.entities)
    above = await _above(run, read)
    run.ancestors = tuple(one["spec"]["workflow"] for one in reversed(above))
    run.prepared = True
    return not (above and above[0].get("status", {}).get("phase") == "Cancelled")


async def _above(run: Run, read: Read) -> list[Manifest]:
    """The runs above, the nearest first; ends where one is not kept any more."""
    found: list[Manifest] = []
    name = run.parent
    while name and len(found) < lineage.DEPTH:
        manifest = await read(Name(run.name.namespace, name))
        if manifest is None:
            break
        found.append(manifest)
        name = parent_of(manifest["metadata"])
    return found
