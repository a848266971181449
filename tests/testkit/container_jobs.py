"""Jobs and pods as the API server shows them, and one that only remembers."""

import asyncio
from typing import Any

from sluice_core import names, wire
from sluice_operator.run.container import Site
from sluice_operator.run.insisting import Refused
from sluice_operator.run.jobs import Jobs
from sluice_operator.run.observed import Name, Run, read
from testkit.dispatching import a_manifest

Manifest = dict[str, Any]

IMAGE = "registry.example.com/tool:1"
SITE = Site(images=(IMAGE,), requests={"cpu": "50m"}, limits={"memory": "512Mi"})


def a_run(uid: str = "run-1", **spec: Any) -> Run:
    """A run of the workflow `etl`."""
    return read(a_manifest(uid, **spec))


def a_request(number: int = 1, **fields: Any) -> wire.Request:
    """A step asks for a container."""
    body = {"image": IMAGE, "timeoutSeconds": 60, "key": "run-1/s", **fields}
    return wire.Request(request=str(number), step="s", kind="Job", body=body)


def ended(job: Manifest, kind: str = "Complete", **fields: Any) -> Manifest:
    """The Job as it is when Kubernetes is through with it."""
    condition = {"type": kind, "status": "True", **fields}
    return job | {"status": {"conditions": [condition]}}


def a_pod(job: Manifest, state: Manifest | None = None, **status: Any) -> Manifest:
    """The Job's pod."""
    meta = job["metadata"]
    labels = {**meta["labels"], names.LABEL_JOB_NAME: meta["name"]}
    shown = {"containerStatuses": [{"name": "main", "state": state}]} if state else {}
    return {
        "metadata": {"name": f"{meta['name']}-x", "namespace": meta["namespace"], "labels": labels},
        "status": {**shown, **status},
    }


def terminated(code: int = 0, **fields: Any) -> Manifest:
    """The state of a container that is over."""
    return {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", **fields}}


class Objects:
    """Takes Jobs, says what their pods have written."""

    def __init__(self) -> None:
        self.jobs: dict[str, Manifest] = {}
        self.made: list[Manifest] = []
        self.deleted: list[str] = []
        self.logs: dict[str, bytes] = {}
        self.confined = True
        self.refuses = ""

    async def create(self, manifest: Manifest) -> Manifest:
        if self.refuses:
            raise Refused(self.refuses)
        name = manifest["metadata"]["name"]
        if name not in self.jobs:
            meta = manifest["metadata"] | {"uid": f"uid-{len(self.made)}"}
            self.jobs[name] = manifest | {"metadata": meta}
            self.made.append(self.jobs[name])
        return self.jobs[name]

    async def delete(self, job: Manifest) -> None:
        self.deleted.append(job["metadata"]["name"])

    async def is_confined(self, _: Name) -> bool:
        return self.confined

    async def log(self, pod: Manifest, *_: Any) -> bytes:
        return self.logs.get(pod["metadata"]["name"], b"")


class Room:
    """The service with such an API server; what it begins in the background is awaited by tests."""

    def __init__(self, objects: Objects | None = None, site: Site | None = SITE) -> None:
        self.objects = objects or Objects()
        self.background: list[asyncio.Task[None]] = []
        self.jobs = Jobs(self.objects, lambda _: site, self._spawn, pause=0.001)

    def ask(self, run: Run, request: wire.Request) -> "asyncio.Task[Any]":
        """A step asks, and waits."""
        return asyncio.create_task(self.jobs.serve(run, request))

    def ends(self, job: Manifest, pod: Manifest) -> None:
        """The watches bring the end."""
        self.jobs.pod_changed(pod, exists=True)
        self.jobs.job_changed(ended(job), exists=True)

    async def settled(self) -> list[str]:
        """What was deleted, once the background is through."""
        await asyncio.gather(*self.background)
        return self.objects.deleted

    def _spawn(self, work: Any) -> object:
        self.background.append(asyncio.create_task(work))
        return None
