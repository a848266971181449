"""The undecided runs in memory: by uid, by workflow, and those of them that wait for a runner."""

from collections import defaultdict

from sluice_operator.run.observed import Name, Run

REMEMBERED = 100_000


class Book:
    """A run is in it from when it is found until its end is stored."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._of: defaultdict[Name, set[str]] = defaultdict(set)
        self._waiting: defaultdict[Name, dict[str, Run]] = defaultdict(dict)
        self._over: dict[str, None] = {}

    def __contains__(self, uid: str) -> bool:
        return uid in self._runs

    def get(self, uid: str) -> Run | None:
        """The run with that uid."""
        return self._runs.get(uid)

    def of(self, flow: Name) -> list[Run]:
        """All runs of a workflow."""
        return [self._runs[uid] for uid in self._of.get(flow, ())]

    def waiting(self, flow: Name) -> list[Run]:
        """Those that no runner works on."""
        return list(self._waiting.get(flow, {}).values())

    def flows(self) -> list[Name]:
        """The workflows that have runs here."""
        return list(self._of)

    def add(self, run: Run) -> None:
        """Take in a run that was found."""
        self._runs[run.uid] = run
        self._of[run.workflow].add(run.uid)

    def wait(self, run: Run) -> None:
        """No runner works on it."""
        self._waiting[run.workflow][run.uid] = run

    def take(self, run: Run) -> None:
        """It waits no longer."""
        waiting = self._waiting.get(run.workflow, {})
        waiting.pop(run.uid, None)
        if not waiting:
            self._waiting.pop(run.workflow, None)

    def forget(self, run: Run) -> None:
        """It ended, or was deleted."""
        self.take(run)
        self._runs.pop(run.uid, None)
        uids = self._of.get(run.workflow, set())
        uids.discard(run.uid)
        if not uids:
            self._of.pop(run.workflow, None)

    def is_over(self, uid: str) -> bool:
        """Whether its end was decided here, though the watch may still speak of it."""
        return uid in self._over

    def end(self, run: Run) -> None:
        """Its end is decided."""
        self._over[run.uid] = None
        if len(self._over) > REMEMBERED:
            self._over.pop(next(iter(self._over)))

    def left(self, uid: str) -> None:
        """The watch will not speak of it again."""
        self._over.pop(uid, None)
