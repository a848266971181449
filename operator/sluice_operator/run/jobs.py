"""Containers of steps: a Job is made for a step, followed to its end, and ended with its run."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pydantic import JsonValue

from sluice_core import names, wire
from sluice_operator.run import container
from sluice_operator.run.container import Ended, Site, Stuck
from sluice_operator.run.insisting import Refused
from sluice_operator.run.observed import Name, Run, has_ended
from sluice_operator.run.replies import Declined

Manifest: TypeAlias = dict[str, Any]

CONFINED_SECONDS = 0.5
CONFINED_TIMES = 60
JOBS_OF_A_STEP = 100


class Objects(Protocol):
    """What is asked of the API server; see sluice_operator.run.job_objects."""

    async def create(self, manifest: Manifest) -> Manifest:
        """The Job as it is now made, or as it was before; raises Refused."""

    async def delete(self, job: Manifest) -> None:
        """It and its pod go, if it is still the one of that uid."""

    async def is_confined(self, flow: Name, /) -> bool:
        """Whether the NetworkPolicy of the workflow's containers is there."""

    async def log(self, pod: Manifest, container: str, lines: int, /) -> bytes:
        """The last lines of its log."""


@dataclass(frozen=True)
class Gone:
    """The Job was deleted while a step waited for it."""


End: TypeAlias = Ended | Stuck | Gone


@dataclass(frozen=True, eq=False)
class Waiting:
    """A step that waits for a Job."""

    run: Run
    step: str
    end: "asyncio.Future[End]"


class Jobs:
    """Knows the Jobs of steps and their pods, and who waits for which.

    Nothing of it has to be kept: runners repeat requests to a new leader until they are answered,
    and equal requests find the Job that they made. `site` says what a workflow's may be;
    `spawn` carries something out in the background; `pause` is between two looks for the policy.
    """

    def __init__(
        self,
        objects: Objects,
        site: Callable[[Name], Site | None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        pause: float = CONFINED_SECONDS,
    ) -> None:
        self._objects, self._site, self._spawn, self._pause = objects, site, spawn, pause
        self._jobs: dict[Name, Manifest] = {}
        self._pods: dict[Name, Manifest] = {}
        self._waiting: defaultdict[Name, list[Waiting]] = defaultdict(list)

    # -- what the watches bring

    def job_changed(self, manifest: Manifest, *, exists: bool) -> None:
        """A Job as it is now."""
        name = _name(manifest)
        if exists:
            self._jobs[name] = manifest
            self._tell(name)
        else:
            self._jobs.pop(name, None)
            self._end(name, Gone())

    def pod_changed(self, manifest: Manifest, *, exists: bool) -> None:
        """The pod of a Job as it is now."""
        job = manifest["metadata"]["labels"].get(names.LABEL_JOB_NAME)
        name = Name(manifest["metadata"]["namespace"], job or "")
        if exists:
            self._pods[name] = manifest
        else:
            self._pods.pop(name, None)
        self._tell(name)

    # -- what becomes of runs

    def step_ended(self, run: Run, step: str) -> None:
        """Nobody waits for its container any more."""
        self._stop(name for name, one in self._all_waiting() if one.run is run and one.step == step)

    def run_ended(self, run: Run) -> None:
        """Whatever it has begun ends with it."""
        jobs = self._jobs.items()
        made = {name for name, job in jobs if container.is_of(job, run.uid)}
        self._stop(made | {name for name, one in self._all_waiting() if one.run is run})

    async def sweep(self, read: Callable[[Name], Coroutine[Any, Any, Manifest | None]]) -> None:
        """Delete what goes on for a run that ended while nobody led."""
        for job in list(self._jobs.values()):
            if not self._goes_on(_name(job), job):
                continue
            [owner] = [one for one in job["metadata"]["ownerReferences"] if one.get("controller")]
            run = await read(Name(job["metadata"]["namespace"], owner["name"]))
            if run is None or run["metadata"]["uid"] != owner["uid"] or has_ended(run):
                await self._objects.delete(job)

    # -- what steps ask for

    async def serve(self, run: Run, asked: wire.Request) -> JsonValue:
        """A JobOutcome, once the container has ended; raises Declined."""
        wanted = wire.ContainerJob.model_validate(asked.body)
        job = self._known(run, asked, wanted)
        if job is None:
            site = await self._permitted(run.workflow, wanted.image)
            job = await self._made(run, asked, wanted, site)
        return await self._followed(run, asked.step, job)

    def _known(self, run: Run, asked: wire.Request, wanted: wire.ContainerJob) -> Manifest | None:
        """What an earlier request of this key has made, by this leader or another.

        Of the first Jobs of a key some may be gone, since Kubernetes deletes them after a while.
        """
        request = container.request_of(run, asked)
        for number in range(JOBS_OF_A_STEP):
            name = Name(run.name.namespace, container.name_of(run, wanted.key, number))
            job = self._jobs.get(name)
            if job and container.is_of(job, run.uid) and not self._was_told(job, request):
                return job
        return None

    async def _permitted(self, flow: Name, image: str) -> Site:
        """A container never runs without the policy that says where it may connect to."""
        for _ in range(CONFINED_TIMES):
            site = self._site(flow)
            refused = container.refusal(image, site) if site else ""
            if refused:
                raise Declined("ImageNotPermitted", refused)
            if site is not None and await self._objects.is_confined(flow):
                return site
            await asyncio.sleep(self._pause)
        message = f"the NetworkPolicy {names.containers(flow.name)} is not there yet"
        raise Declined("NotConfined", message, "Transient")

    async def _made(
        self, run: Run, asked: wire.Request, wanted: wire.ContainerJob, site: Site
    ) -> Manifest:
        """The Job of this key: the one that goes on or has succeeded, else another one."""
        for number in range(JOBS_OF_A_STEP):
            name = container.name_of(run, wanted.key, number)
            manifest = container.make_job(run, asked, wanted, site, name)
            try:
                job = await self._objects.create(manifest)
            except Refused as error:
                raise Declined("Refused", str(error)) from error
            if not container.is_of(job, run.uid):
                raise Declined("NameTaken", f"Job {name} exists and is another's")
            if not self._was_told(job, container.request_of(run, asked)):
                return job
        raise Declined("TooManyJobs", f"{JOBS_OF_A_STEP} Jobs of this step have failed")

    def _was_told(self, job: Manifest, request: str) -> bool:
        """Whether its failure was the answer to an earlier request, and this one is a new try."""
        if job["metadata"].get("annotations", {}).get(names.ANNOTATION_REQUEST) == request:
            return False
        end = container.end_of(job, self._pods.get(_name(job)))
        return isinstance(end, Stuck) or (isinstance(end, Ended) and end.failed)

    async def _followed(self, run: Run, step: str, job: Manifest) -> JsonValue:
        name = _name(job)
        self._jobs.setdefault(name, job)
        waiting = Waiting(run, step, asyncio.get_running_loop().create_future())
        self._waiting[name].append(waiting)
        self._tell(name)
        end = await waiting.end
        match end:
            case Gone():
                message = f"Job {name.name} was deleted before its end"
                raise Declined("ContainerDeleted", message, "Transient")
            case Stuck(words):
                await self._objects.delete(job)
                raise Declined("ContainerFailed", words)
        pod = self._pods.get(name)
        log = await self._objects.log(pod, container.NAME, container.LOG_LINES) if pod else b""
        outcome = container.outcome(name.name, end, log)
        return outcome.model_dump(mode="json", by_alias=True)

    # -- who waits

    def _tell(self, name: Name) -> None:
        job = self._jobs.get(name)
        if job is None or name not in self._waiting:
            return
        end = container.end_of(job, self._pods.get(name))
        if end is not None:
            self._end(name, end)

    def _end(self, name: Name, end: End) -> None:
        for waiting in self._waiting.pop(name, ()):
            if not waiting.end.done():
                waiting.end.set_result(end)

    def _stop(self, jobs: Iterable[Name]) -> None:
        for name in set(jobs):
            self._end(name, Gone())
            job = self._jobs.get(name)
            if job is not None and self._goes_on(name, job):
                self._spawn(self._objects.delete(job))

    def _goes_on(self, name: Name, job: Manifest) -> bool:
        """The pod's end comes before the Job's, which Kubernetes then draws from it."""
        return not (container.is_over(job) or container.end_of(job, self._pods.get(name)))

    def _all_waiting(self) -> list[tuple[Name, Waiting]]:
        return [(name, one) for name, waiting in self._waiting.items() for one in waiting]


def _name(manifest: Manifest) -> Name:
    meta = manifest["metadata"]
    return Name(meta["namespace"], meta["name"])
