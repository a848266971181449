"""Say whether a step may send e-mail or SMS, by the plan of its namespace."""

import hashlib
from collections.abc import Callable

from pydantic import JsonValue

from sluice_core import rates, wire
from sluice_core.api.plan import PlanSpec
from sluice_kube import errors
from sluice_kube.admission import Counters
from sluice_operator.run.observed import Run
from sluice_operator.run.replies import Declined

REASON = "SendLimit"


class Allowances:
    """Counts what is granted, each request once, also when a new leader is asked again."""

    def __init__(self, counters: Counters, plan: Callable[[str], PlanSpec | None]) -> None:
        self._counters, self._plan = counters, plan

    async def serve(self, run: Run, request: wire.Request) -> JsonValue:
        """Grant it, or decline; raises ValidationError for another body."""
        asked = wire.Allowance.model_validate(request.body)
        plan = self._plan(run.name.namespace)
        refusal = _too_many(asked, plan)
        if refusal:
            raise Declined(REASON, refusal)
        limits = rates.of_sends(plan, asked.send)
        id_ = hashlib.sha256(f"{run.uid}\x00{asked.key}".encode()).hexdigest()[:12]
        try:
            taken = await self._counters.take_once(run.name.namespace, limits, id_, asked.count)
        except errors.ApiError as error:
            message = f"the sends of the namespace cannot be counted: {error}"
            raise Declined("Unavailable", message, "Transient") from error
        if taken.full is not None:
            raise Declined(REASON, str(taken.full))
        return {}


def _too_many(asked: wire.Allowance, plan: PlanSpec | None) -> str:
    """What of one message is beyond the plan."""
    if plan is None:
        return ""
    is_email = asked.send == "Email"
    most = {
        "emailRecipients": (plan.email_recipients if is_email else None, asked.recipients),
        "emailCc": (plan.email_cc if is_email else None, asked.cc),
        "smsRecipients": (None if is_email else plan.sms_recipients, asked.recipients),
    }
    for field, (limit, wanted) in most.items():
        if limit is not None and wanted > limit:
            return f"{field} of the namespace's plan is {limit}, and the message has {wanted}"
    return ""
