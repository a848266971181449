"""Containers of steps in the cluster: what is watched of them, and what each workflow may run."""

from collections.abc import Callable

from sluice_core import names
from sluice_kube.informer import Informer
from sluice_kube.resources import JOBS, PODS, Key, Manifest
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.run.container import Site
from sluice_operator.run.job_objects import JobObjects
from sluice_operator.run.jobs import Jobs
from sluice_operator.run.objects import Objects
from sluice_operator.run.observed import Name
from sluice_operator.run.tasks import Tasks
from sluice_operator.settings import Settings
from sluice_operator.workflow.observed import Observed

OURS = f"{names.LABEL_MANAGED_BY}=sluice,{names.LABEL_CONTAINER_OF}"


class Containers:
    """Wires the Jobs of steps to the API server, and to what is decided about workflows."""

    def __init__(self, session: Session, leading: Callable[[], bool], settings: Settings) -> None:
        self._session, self._settings = session, settings
        self._sites: dict[Name, Site] = {}
        self._tasks = Tasks()
        self._objects = Objects(session, leading)
        self.jobs = Jobs(JobObjects(session, leading), self._sites.get, self._tasks.spawn)

    def watches(self) -> list[Informer[Manifest]]:
        """To be run, and synced before any run goes on."""
        scope = Scope(labels=OURS)
        return [
            Informer(self._session, PODS, scope, on_change=self._pod_changed),
            Informer(self._session, JOBS, scope, on_change=self._job_changed),
        ]

    def decided(self, seen: Observed) -> None:
        """A workflow as it was looked at, with the plan of its namespace."""
        meta, plan = seen.workflow.metadata, seen.plan
        self._sites[Name(meta.namespace, meta.name)] = Site(
            images=plan.spec.images if plan and plan.spec else (),
            requests=self._settings.container_requests,
            limits=self._settings.container_limits,
        )

    def gone(self, flow: Name) -> None:
        """The workflow does not exist any more."""
        self._sites.pop(flow, None)

    async def sweep(self) -> None:
        """Once, when this replica has begun to lead."""
        await self.jobs.sweep(self._objects.read)

    async def close(self) -> None:
        """Let go; containers go on for the next leader."""
        await self._tasks.close()

    def _job_changed(self, _: Key, old: Manifest | None, new: Manifest | None) -> None:
        self.jobs.job_changed(new or old or {}, exists=new is not None)

    def _pod_changed(self, _: Key, old: Manifest | None, new: Manifest | None) -> None:
        self.jobs.pod_changed(new or old or {}, exists=new is not None)
