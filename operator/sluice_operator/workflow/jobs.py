"""Give a run a pod of its own: a Job, made once for each attempt."""

from sluice_core import names
from sluice_kube import errors
from sluice_kube.resources import JOBS, Key
from sluice_kube.session import Session
from sluice_operator.workflow import reconcile
from sluice_operator.workflow.observed import Observed, RunAttempt
from sluice_operator.workflow.resources.job import make_job


class NotYet(Exception):  # noqa: N818 - it will be
    """What the pod needs is not made yet."""


class Ended(Exception):  # noqa: N818 - what became of it
    """The attempt had its Job, and that is over."""


class NotMade(Exception):  # noqa: N818 - what became of it
    """The API server refuses the Job; the message has its words."""


async def make(session: Session, seen: Observed, run: RunAttempt) -> None:
    """Make it, unless it is there. Raises NotYet, NotMade, Ended."""
    template = reconcile.pod_template(seen)
    if template is None:
        raise NotYet
    manifest = make_job(seen.workflow, template, run)
    try:
        await session.create(JOBS, manifest)
    except errors.AlreadyExists:
        await _check_ours(session, Key.of(manifest), run)
    except errors.ApiError as error:
        raise NotMade(f"its Job cannot be made: {error}") from error


async def remove(session: Session, namespace: str, run: RunAttempt) -> None:
    """Nobody needs the pod any more."""
    try:
        await session.delete(JOBS, Key(namespace, names.job(run.name, run.uid, run.attempt)))
    except errors.NotFound:
        return


async def _check_ours(session: Session, key: Key, run: RunAttempt) -> None:
    try:
        found = await session.get(JOBS, key)
    except errors.ApiError as error:
        raise NotMade(f"its Job cannot be read: {error}") from error
    owners = found["metadata"].get("ownerReferences", ())
    if not any(one["uid"] == run.uid for one in owners):
        raise NotMade(f"a Job {key.name} exists and is another's: delete it")
    shown = found.get("status", {}).get("conditions", ())
    if any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in shown):
        raise Ended
