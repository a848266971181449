"""What dispatch knows of a workflow, from the decision about it."""

from sluice_operator.run.observed import Flow, Pinned
from sluice_operator.workflow.flows import Decided


def flow_of(decided: Decided) -> Flow:
    """The two rooms do not know each other, so one's word is turned into the other's here."""
    pinned = Pinned(
        version=decided.version,
        digest=decided.digest,
        raw=decided.raw,
        steps=decided.steps,
        loss_limit=decided.loss_limit,
        timeout_seconds=decided.timeout_seconds,
        retry=decided.retry,
        credentials=decided.credentials,
    )
    return Flow(
        uid=decided.uid,
        standing=decided.standing,
        current=pinned if decided.version else None,
        concurrency=decided.concurrency,
        schedules=decided.schedules,
        rates=decided.rates,
        invalid=decided.invalid,
        failure=decided.failure,
        lacking=decided.lacking,
        mounted=decided.mounted,
        solo=decided.solo,
        most_pods=decided.most_pods,
    )
