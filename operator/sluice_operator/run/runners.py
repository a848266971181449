"""The runner pods of each workflow, and the links to those that runs have needed."""

from collections import defaultdict
from collections.abc import Iterator

from sluice_core.shared import shared
from sluice_operator.run.calls import Means, Pod
from sluice_operator.run.link import Link, Listener
from sluice_operator.run.observed import Name, Run
from sluice_operator.run.tasks import Tasks


class Runners:
    """A pod is spoken to once a run needs it, until it is gone."""

    def __init__(self, means: Means, listener: Listener, tasks: Tasks) -> None:
        self._means, self._listener, self._tasks = means, listener, tasks
        self._pods: defaultdict[Name, dict[str, Pod]] = defaultdict(dict)
        self._links: dict[str, Link] = {}

    def pods(self, flow: Name) -> set[str]:
        """The uids of a workflow's pods that have an address."""
        return set(self._pods.get(flow, {}))

    def holders(self, run: Run) -> set[str]:
        """The uids of the pods that may hold a run: not those that are for another one."""
        pods = self._pods.get(run.workflow, {}).values()
        return {pod.uid for pod in pods if not pod.only or pod.only.startswith(f"{run.uid}/")}

    def link(self, pod: str | None) -> Link | None:
        """The link to a pod, if one is open."""
        return self._links.get(pod or "")

    def links(self, flow: Name) -> Iterator[Link]:
        """The open links to a workflow's pods."""
        return (self._links[uid] for uid in self._pods.get(flow, {}) if uid in self._links)

    def retire(self, flow: Name, keep: int | None) -> None:
        """Give runs to so many pods alone, to all where it is None: the busiest, so few are let go.

        Pods that were kept before are kept, so that none changes sides without need.
        """
        links = sorted(
            self.links(flow), key=lambda one: (-len(one.busy), one.retired, one.pod.name)
        )
        for place, link in enumerate(links):
            link.retired = keep is not None and place >= keep

    def spare(self, flow: Name) -> frozenset[str]:
        """The names of retired pods that have no run."""
        spare = (one.pod.name for one in self.links(flow) if one.retired and not one.busy)
        return shared(frozenset(spare))

    def busy(self, flow: Name) -> int:
        """How many pods have runs."""
        return sum(1 for one in self.links(flow) if one.busy)

    def found(self, pod: Pod) -> Name:
        """A pod has an address, perhaps another one than before; answers its workflow."""
        flow = Name(pod.namespace, pod.workflow)
        self._pods[flow][pod.uid] = pod
        if pod.uid in self._links:
            self._links[pod.uid].pod = pod
        return flow

    def gone(self, pod: str, flow: Name) -> None:
        """The pod does not exist any more."""
        pods = self._pods.get(flow, {})
        pods.pop(pod, None)
        if not pods:
            self._pods.pop(flow, None)
        link = self._links.pop(pod, None)
        if link is not None:
            self._tasks.spawn(link.close())

    def open(self, flow: Name) -> None:
        """Speak to all pods of a workflow."""
        for uid, pod in self._pods.get(flow, {}).items():
            if uid not in self._links:
                self._links[uid] = Link(pod, self._means, self._listener)
                self._links[uid].open()

    async def close(self) -> None:
        """Let go of every runner; runs go on there."""
        for link in self._links.values():
            await link.close()
