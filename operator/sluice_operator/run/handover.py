"""What a runner is told of a run."""

from sluice_core import wire
from sluice_operator.run.observed import Pinned, Run


def request(run: Run, pinned: Pinned) -> wire.RunRequest:
    """The attempt that is due, with what earlier ones have finished."""
    return wire.RunRequest(
        uid=run.uid,
        name=run.name.name,
        namespace=run.name.namespace,
        workflow=run.workflow.name,
        attempt=run.attempt,
        revision=pinned.version,
        definition=pinned.digest,
        inputs=dict(run.inputs),
        entities=run.entities,
        trigger=run.spec.get("trigger", {}),
        finished=run.record.finished(),
        finished_entities=run.record.finished_entities(run.entities),
        ancestors=run.ancestors,
        deadline=run.deadline,
    )


def unserved(run: Run, asked: wire.Request) -> wire.Reply:
    """The answer to what no part of this release can do for a step."""
    message = f"{asked.kind} is not served by this release"
    return wire.Reply(
        attempt=run.attempt, request=asked.request, ok=False, reason="NotServed", message=message
    )
