"""Complete a run before it may go: its version, and the runs that it depends on."""

from collections.abc import Callable

from sluice_operator.run import executed
from sluice_operator.run.executed import NotExecutable
from sluice_operator.run.observed import Name, Pinned, Run
from sluice_operator.run.ports import Parts
from sluice_operator.run.prepare import prepare
from sluice_operator.run.reconcile import End


class Preparation:
    """Reads what is named by a run, and lets its workflow be looked at again when it is there."""

    def __init__(
        self, parts: Parts, end: Callable[[Run, End], None], changed: Callable[[Name], None]
    ) -> None:
        self._ports, self._tasks = parts.ports, parts.tasks
        self._end, self._changed = end, changed

    def begin(self, run: Run) -> None:
        """Read, in the background, what the run names."""
        if not run.prepared:
            self._tasks.spawn(self._prepare(run))
        if run.named_version:
            self._tasks.spawn(self.pin(run, run.named_version))

    async def pin(self, run: Run, number: int) -> None:
        """Read the version that the run names, or that an earlier leader gave it."""
        found = await self._ports.pin(run.workflow, number)
        if found is None and run.pod is None and not run.ending:
            message = f"version {number} of workflow {run.workflow.name} does not exist"
            self._end(run, End("Failed", "RevisionNotFound", message))
        elif found is not None:
            run.pinned = _executed(run, found)
        self._changed(run.workflow)

    async def _prepare(self, run: Run) -> None:
        """Read what it depends on."""
        if not await prepare(run, self._ports.objects.read) and not run.cancelled:
            await self._ports.objects.cancel(run.name, run.uid)
        self._changed(run.workflow)


def _executed(run: Run, base: Pinned) -> Pinned:
    """What a run executes that may be on a runner already, whatever would refuse it now."""
    try:
        return executed.of(run, base) if run.prepared else base
    except NotExecutable:
        return base
