"""What may be sent by the plan of the namespace, and what is said where it may not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice_core import wire
from sluice_core.api.plan import PlanSpec
from sluice_kube.admission import Counters
from sluice_operator.allowance import Allowances
from sluice_operator.run.observed import read
from sluice_operator.run.replies import Declined
from testkit.counting import ConfigMaps
from testkit.dispatching import a_manifest

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
RUN = read(a_manifest())


async def ask(maps: ConfigMaps, plan: PlanSpec | None, key: str = "k", **body: Any) -> None:
    counters = Counters(maps, lambda: NOON)
    given = {"send": "Email", "key": key, **body}
    request = wire.Request(request="1", step="a", kind="Allowance", body=given)
    await Allowances(counters, lambda _: plan).serve(RUN, request)


async def refusal(plan: PlanSpec, **body: Any) -> str:
    with pytest.raises(Declined) as declined:
        await ask(ConfigMaps(), plan, **body)
    assert (declined.value.reason, declined.value.failure) == ("SendLimit", "Permanent")
    return declined.value.message


async def test_without_a_plan_all_may_be_sent_and_nothing_is_counted() -> None:
    maps = ConfigMaps()

    await ask(maps, None, recipients=50, count=50)
    await ask(maps, PlanSpec(), recipients=50, count=50)

    assert maps.requests == []


CASES: dict[str, tuple[PlanSpec, dict[str, Any], str]] = {
    "too many recipients": (
        PlanSpec(email_recipients=1), {"recipients": 2},
        "emailRecipients of the namespace's plan is 1, and the message has 2",
    ),
    "a copy where none may be": (
        PlanSpec(email_cc=0), {"recipients": 2, "cc": 1},
        "emailCc of the namespace's plan is 0, and the message has 1",
    ),
    "too many recipients of an SMS": (
        PlanSpec(sms_recipients=1), {"send": "Sms", "recipients": 3},
        "smsRecipients of the namespace's plan is 1, and the message has 3",
    ),
    "more than a day may have": (
        PlanSpec(sms_per_day=2), {"send": "Sms", "count": 3},
        ("smsPerDay of the namespace's plan is 2, and 0 are used: "
         "the next day begins in 43200 s"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plan", "body", "said"), CASES.values(), ids=CASES)
async def test_what_is_beyond_the_plan_is_declined(
    plan: PlanSpec, body: dict[str, Any], said: str
) -> None:
    assert await refusal(plan, **body) == said


async def test_the_day_is_full_after_as_many_as_it_may_have() -> None:
    maps, plan = ConfigMaps(), PlanSpec(emails_per_day=2)
    await ask(maps, plan, "a")
    await ask(maps, plan, "b")

    with pytest.raises(Declined):
        await ask(maps, plan, "c")


async def test_who_asks_again_is_not_counted_again() -> None:
    maps, plan = ConfigMaps(), PlanSpec(emails_per_day=1)

    await ask(maps, plan, "a")
    await ask(maps, plan, "a")

    assert maps.data()["emails.day"].endswith(" 1")
