"""Make, find and cancel WorkflowRuns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sluice_core import names
from sluice_gateway import idempotency, spacing
from sluice_gateway.flows import Flow
from sluice_gateway.idempotency import Claim
from sluice_gateway.plans import Begun, Plans
from sluice_gateway.problems import Fault, Problem
from sluice_gateway.refusals import no_run
from sluice_gateway.waiting import has_ended
from sluice_kube import errors
from sluice_kube.resources import RUNS, Key, Manifest, Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Page


def make_run(flow: Flow, claim: Claim, trigger: dict[str, Any], inputs: dict[str, Any]) -> Manifest:
    """A run of the workflow. It goes with the workflow, of this uid and not of a namesake."""
    spec: dict[str, Any] = {"workflow": flow.name, "trigger": trigger, "inputs": inputs}
    if claim.key_hash:
        spec |= {"keyHash": claim.key_hash, "bodyHash": claim.body_hash}
    owner = {
        "apiVersion": names.API_VERSION,
        "kind": "Workflow",
        "name": flow.name,
        "uid": flow.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WorkflowRun",
        "metadata": {
            "name": claim.name,
            "namespace": flow.namespace,
            "labels": names.owned_by_workflow(flow.name),
            "ownerReferences": [owner],
        },
        "spec": spec,
    }


class Api(Protocol):
    """What is needed of a `sluice_kube.session.Session`."""

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """Raises AlreadyExists."""

    async def get(self, resource: Resource, key: Key) -> Manifest:
        """Raises NotFound."""

    async def page(self, resource: Resource, scope: Scope, *, limit: int, following: str) -> Page:
        """Raises Gone."""

    async def json_patch(
        self, resource: Resource, key: Key, operations: Sequence[Mapping[str, Any]]
    ) -> Manifest:
        """Raises NotFound."""


class Runs:
    """The runs of all namespaces; whoever asks was let in before."""

    def __init__(self, session: Api, plans: Plans) -> None:
        self._session, self._plans = session, plans

    async def check_apart(self, flow: Flow, run: Manifest, now: datetime) -> None:
        """Raises Problem 409 for one that comes too soon after another."""
        await spacing.check(self._session, flow, run, now)

    async def create(self, manifest: Manifest, claim: Claim) -> Begun:
        """The run as it exists: made by this request, or by an equal one before.

        Raises Problem 422 when the idempotency key belongs to another request, 429 when a rate of
        the namespace's plan is used up; what was accepted once is not refused when it is repeated.
        """

        async def make(run: Manifest) -> tuple[Manifest, bool]:
            try:
                return await self._session.create(RUNS, run), True
            except errors.AlreadyExists as error:
                existing = await self._session.get(RUNS, Key.of(run))
                if not (error.repeated and claim.key_hash is None):
                    idempotency.check_same(claim, existing)
                return existing, error.repeated

        try:
            return await self._plans.counted(manifest, make)
        except Problem as problem:
            earlier = await self._earlier(problem, Key.of(manifest), claim)
            if earlier is None:
                raise
            return Begun(earlier)

    async def _earlier(self, problem: Problem, key: Key, claim: Claim) -> Manifest | None:
        """The run of an equal request, where this one is refused for its rate."""
        return await self.find_equal(key, claim) if problem.status == 429 else None

    async def find_equal(self, key: Key, claim: Claim) -> Manifest | None:
        """The run that an equal request made before. Raises Problem as `create` does."""
        if claim.key_hash is None:
            return None
        try:
            existing = await self._session.get(RUNS, key)
        except errors.NotFound:
            return None
        idempotency.check_same(claim, existing)
        return existing

    async def get(self, key: Key) -> Manifest:
        """Raises Problem 404."""
        try:
            return await self._session.get(RUNS, key)
        except errors.NotFound:
            raise no_run(*key) from None

    async def page(self, scope: Scope, limit: int, following: str) -> Page:
        """Raises Problem 400 for a `following` that never was, errors.Gone for one too old."""
        try:
            return await self._session.page(RUNS, scope, limit=limit, following=following)
        except errors.ApiError as error:
            if error.status == 400 and following:
                fault = Fault("continue", "is not of an earlier page", "leave it out to begin")
                detail = "the parameter continue is not valid"
                raise Problem(400, "InvalidContinue", detail, [fault]) from error
            raise

    async def cancel(self, run: Manifest) -> Manifest:
        """The run with its wish to be cancelled; raises Problem 404, or 409 when it has ended."""
        key = Key.of(run)
        if has_ended(run):
            phase = run["status"]["phase"]
            raise Problem(409, "RunEnded", f'the run "{key.name}" has ended: {phase}')
        if run["spec"].get("cancel"):
            return run
        same = {"op": "test", "path": "/metadata/uid", "value": run["metadata"]["uid"]}
        wish = {"op": "add", "path": "/spec/cancel", "value": True}
        try:
            return await self._session.json_patch(RUNS, key, [same, wish])
        except errors.NotFound:
            raise no_run(*key) from None
