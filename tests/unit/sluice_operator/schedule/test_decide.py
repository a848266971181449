"""Which runs the schedules of a workflow set off, and what is remembered of that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice_operator.schedule.decide import Decision, decide, make_run, status
from sluice_operator.schedule.observed import Seen, Times, read, times
from testkit.builders import a_workflow


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-31T{text}:00Z")


def a_trigger(name: str = "hourly", *, enabled: bool = True, **schedule: Any) -> dict[str, Any]:
    return {"name": name, "enabled": enabled, "schedule": {"cron": "0 * * * *", **schedule}}


def seen(*triggers: dict[str, Any], valid: bool = True, **spec: Any) -> Seen:
    workflow = a_workflow(
        triggers=list(triggers) or [a_trigger()],
        metadata={"creationTimestamp": "2026-01-31T10:30:00Z"},
        status={"observedGeneration": spec.pop("observed", 1)},
        **spec,
    )
    return read(workflow, valid=valid)


def fired(decision: Decision) -> list[str]:
    return [f"{one.trigger} {one.time:%H:%M}" for one in decision.fires]


TEN, NOON, ONE = at("10:00"), at("12:00"), at("13:00")

# what was seen, its times before; at 12:00: what is set off, and the times after
CASES: dict[str, tuple[Seen, Times, list[str], Times]] = {
    "its time has come": (seen(), Times(at("11:00"), NOON), ["hourly 12:00"], Times(NOON, ONE)),
    "its time has not come": (seen(), Times(NOON, ONE), [], Times(NOON, ONE)),
    "it was made a moment ago": (seen(), Times(), [], Times(None, ONE)),
    "it was missed": (seen(), Times(at("09:00"), TEN), ["hourly 12:00"], Times(NOON, ONE)),
    "it was missed, and that is that": (
        seen(a_trigger(catchUp="None", cron="0 10,13 * * *")), Times(None, TEN), [],
        Times(None, ONE),
    ),
    "all that was missed": (
        seen(a_trigger(catchUp="All")), Times(at("09:00"), TEN),
        ["hourly 10:00", "hourly 11:00", "hourly 12:00"], Times(NOON, ONE),
    ),
    "a workflow that nobody has looked at, from its creation on": (
        seen(observed=0), Times(), ["hourly 12:00"], Times(NOON, ONE),
    ),
    "its expression was changed: nothing that is past": (
        seen(a_trigger(cron="15 * * * *")), Times(at("09:00"), TEN), [],
        Times(at("09:00"), at("12:15")),
    ),
    "its expression was changed: times before the old one's next": (
        seen(a_trigger(cron="*/5 * * * *")), Times(at("11:00"), ONE), [],
        Times(at("11:00"), at("12:05")),
    ),
    "it is disabled": (
        seen(a_trigger(enabled=False)), Times(TEN, at("11:00")), [], Times(TEN, None),
    ),
    "it is enabled again": (seen(), Times(at("09:00"), None), [], Times(at("09:00"), ONE)),
    "the workflow is paused: the time waits": (
        seen(state="Paused"), Times(at("09:00"), TEN), [], Times(at("09:00"), TEN),
    ),
    "the workflow is suspended: the time waits": (
        seen(replicas=0), Times(at("09:00"), TEN), [], Times(at("09:00"), TEN),
    ),
    "the workflow is invalid: the time waits": (
        seen(valid=False), Times(at("09:00"), TEN), [], Times(at("09:00"), TEN),
    ),
    "the workflow is archived: the time is forgotten": (
        seen(state="Archived"), Times(at("09:00"), TEN), [], Times(at("09:00"), None),
    ),
    "the workflow is a draft": (seen(state="Draft", observed=0), Times(), [], Times()),
    "the next time is days ahead": (
        seen(a_trigger(cron="0 12 29 2 1")), Times(), [],
        Times(None, datetime(2026, 2, 2, 12, tzinfo=UTC)),
    ),
    "the clock went back a little: nothing twice": (
        seen(), Times(NOON + timedelta(seconds=2), ONE), [],
        Times(NOON + timedelta(seconds=2), ONE),
    ),
    "the clock went back a day: it goes on from there": (
        seen(), Times(NOON + timedelta(days=1), ONE + timedelta(days=1)), [],
        Times(NOON + timedelta(days=1), ONE),
    ),
    "the clock went ahead a year": (
        seen(), Times(None, datetime(2025, 1, 31, 12, tzinfo=UTC)), ["hourly 12:00"],
        Times(NOON, ONE),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "before", "fires", "after"), CASES.values(), ids=CASES)
def test_at_noon(given: Seen, before: Times, fires: list[str], after: Times) -> None:
    decision = decide(given, {"hourly": before}, NOON)

    assert fired(decision) == fires
    assert decision.times == {"hourly": after}


def test_it_is_looked_at_again_when_the_first_of_the_next_runs_is_to_begin() -> None:
    given = seen(a_trigger("a"), a_trigger("b", cron="30 * * * *", jitterSeconds=60))

    decision = decide(given, {}, NOON)

    assert decision.wake is not None
    assert at("12:30") <= decision.wake < at("12:31")


def test_a_trigger_that_is_gone_is_forgotten() -> None:
    decision = decide(seen(a_trigger("a")), {"a": Times(), "b": Times(NOON, ONE)}, NOON)

    assert decision.times.keys() == {"a"}


def test_what_is_shown_says_the_same_to_the_next_leader() -> None:
    decided = {"a": Times(NOON, ONE), "b": Times(None, at("12:30")), "c": Times()}

    shown = status(decided, fires=True)

    assert times(shown) == {"a": Times(NOON, ONE), "b": Times(None, at("12:30"))}
    assert shown["nextRunTime"] == "2026-01-31T12:30:00Z"
    assert "nextRunTime" not in status(decided, fires=False)


def test_a_time_makes_one_run_whoever_leads() -> None:
    given = seen(a_trigger(inputs={"day": "today"}))
    [fire] = decide(given, {"hourly": Times(None, NOON)}, NOON).fires
    [later] = decide(given, {"hourly": Times(None, TEN)}, NOON + timedelta(minutes=5)).fires

    run = make_run(given, fire)

    assert run == make_run(given, later)
    assert run["spec"]["trigger"] == {
        "type": "Schedule",
        "name": "hourly",
        "time": "2026-01-31T12:00:00Z",
    }
    assert run["spec"]["inputs"] == {"day": "today"}
    assert run["metadata"]["ownerReferences"][0]["uid"] == "uid-of-daily-etl"


def test_other_times_triggers_and_workflows_make_others() -> None:
    given = seen(a_trigger("a"), a_trigger("b", catchUp="All"))
    before = {"a": Times(None, NOON), "b": Times(None, at("11:00"))}
    fires = decide(given, before, NOON).fires

    names = {make_run(given, fire)["metadata"]["name"] for fire in fires}

    assert len(names) == len(fires) == 3
