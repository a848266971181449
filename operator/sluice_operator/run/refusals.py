"""Why runs that are to have a pod of their own have none: what the cluster says of each."""

from collections import defaultdict
from collections.abc import Callable

from sluice_core import names
from sluice_operator.run.observed import Name, Run


class Refusals:
    """`changed` hears of a workflow whose runs are refused a pod for another reason than before."""

    def __init__(self, changed: Callable[[Name], None]) -> None:
        self._changed = changed
        self._jobs: dict[Name, Run] = {}
        self._told: dict[Name, str] = {}
        self._stuck: dict[str, str] = {}
        self._words: defaultdict[Name, dict[str, str]] = defaultdict(dict)

    def expect(self, run: Run) -> None:
        """There is a Job for this attempt. What is told of it may have come before."""
        job = _job(run, run.attempt)
        self._jobs[job] = run
        self.note(run, self._told.get(job, "") or self._stuck.get(run.solo, ""))

    def forget(self, run: Run, attempt: int) -> None:
        """Nobody waits for the pod of that attempt any more."""
        self._jobs.pop(_job(run, attempt), None)
        self.note(run, "")

    def came(self, run: Run) -> None:
        """Its pod is there; what was told of the Job is over."""
        self._told.pop(_job(run, run.attempt), None)
        self.note(run, self._stuck.get(run.solo, ""))

    def of_pod(self, only: str, words: str) -> None:
        """Why the pod for that attempt does not start; empty when it may, or is gone."""
        self._stuck.pop(only, None)
        if words:
            self._stuck[only] = words

    def of_job(self, job: Name, words: str) -> None:
        """Why the Job controller cannot make the pod; empty when that is not told any more."""
        self._told.pop(job, None)
        if words:
            self._told[job] = words
        if job in self._jobs:
            self.note(self._jobs[job], words)

    def note(self, run: Run, words: str) -> None:
        """The reason; empty when there is none any more."""
        noted = self._words[run.workflow]
        if noted.get(run.uid, "") != words:
            noted.pop(run.uid, None)
            if words:
                noted[run.uid] = words
            self._changed(run.workflow)
        if not noted:
            del self._words[run.workflow]

    def of(self, run: Run) -> str:
        """Why it has no pod; empty where nothing is known."""
        return self._words.get(run.workflow, {}).get(run.uid, "")

    def any_of(self, flow: Name) -> str:
        """Why one of a workflow's runs has none."""
        return next(iter(self._words.get(flow, {}).values()), "")


def _job(run: Run, attempt: int) -> Name:
    return Name(run.name.namespace, names.job(run.name.name, run.uid, attempt))
