"""When a runner is up: the guide's tables hold, each combination has one row, and times agree."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sluice_core import admission, names
from sluice_core.verbs import Verbs
from sluice_operator.workflow import situation as situations
from sluice_operator.workflow.lifecycle import Size, decide
from sluice_operator.workflow.observed import Demand
from sluice_operator.workflow.scaling import Bounds, Load
from sluice_operator.workflow.situation import Situation
from testkit.builders import a_workflow
from testkit.seen import NOON, observed
from testkit.situations import CASES, IDLE, SECOND, Case, fits, situation, standing, table

RUNNER = list(table("The runner"))
NEW_RUN = list(table("A new run"))
WORDS = {1: "up", 0: "down", None: "none"}
OUTCOMES = {"Admitted": "goes", "Waits": "waits", "Refused": "is refused"}


def test_the_guide_says_of_every_combination_what_becomes_of_the_runner() -> None:
    found = {case: [row[6:] for row in RUNNER if fits(case, row)] for case in CASES}

    sizes = {case: decide(situation(case)) for case in CASES}

    shown = {case: [[WORDS[size.replicas], size.reason]] for case, size in sizes.items()}
    assert _differences(shown, found) == {}


def test_the_guide_says_of_every_combination_what_becomes_of_a_new_run() -> None:
    found = {case: [row[5:] for row in NEW_RUN if fits(_of_new(case), row)] for case in CASES}

    verdicts = {case: admission.judge(standing(case), NOON) for case in CASES}

    shown = {case: [[OUTCOMES[one.outcome], one.reason]] for case, one in verdicts.items()}
    assert _differences(shown, found) == {}


def _of_new(case: Case) -> tuple[str, ...]:
    return (*case[:4], case.time)


def _differences(shown: dict[Case, Any], found: dict[Case, Any]) -> dict[str, tuple[Any, Any]]:
    """What the code says and what the guide does, of combinations in which that is not equal."""
    return {
        " ".join(case): (shown[case], found[case]) for case in CASES if shown[case] != found[case]
    }


def test_every_row_of_the_guide_is_about_some_combination() -> None:
    unused = [row for row in RUNNER if not any(fits(case, row) for case in CASES)]
    unused += [row for row in NEW_RUN if not any(fits(_of_new(case), row) for case in CASES)]

    assert unused == []


def test_whatever_is_not_welcome_is_told_why() -> None:
    silent = [
        verdict
        for verdict in (admission.judge(standing(case), NOON) for case in CASES)
        if bool(verdict.message) == (verdict.outcome == "Admitted")
    ]

    assert silent == []


def test_no_size_changes_before_the_time_at_which_it_is_decided_again() -> None:
    changed = []

    for case in CASES:
        seen = situation(case)
        size = decide(seen)
        due = size.recheck_at or NOON + timedelta(days=400)
        later = decide(replace(seen, now=due - SECOND / 2, shown=size.transition))
        if due <= NOON or later.replicas != size.replicas:
            changed.append(case)

    assert changed == []


def of(policy: str, **fields: Any) -> Situation:
    """An active workflow of one pod that is up, whose last run was long ago."""
    runs = {name: fields.pop(name) for name in Demand.__dataclass_fields__ if name in fields}
    stop, start = fields.pop("stop", None), fields.pop("start", None)
    seen = situation(Case("Active", "1", policy, "none", "none", "beyond"))
    here = replace(seen.standing, verbs=Verbs(stop, start))
    return replace(seen, standing=here, demand=replace(seen.demand, **runs), **fields)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


UP, DOWN = 1, 0

TIMES: dict[str, tuple[Situation, int, str, Any, Any]] = {
    "idle to the second: it sleeps": (
        of("IdleShutdown", last_end=NOON - IDLE), DOWN, "Idle", None, None,
    ),
    "a second before: it is up, and looked at in a second": (
        of("IdleShutdown", last_end=NOON - IDLE + SECOND), UP, "IdleShutdown", SECOND, SECOND,
    ),
    "a run put it off: the time that is shown stays": (
        of("IdleShutdown", last_end=NOON - minutes(1), shown=NOON + minutes(7)),
        UP, "IdleShutdown", minutes(7), minutes(7),
    ),
    "the time that is shown has come, and runs have put it off: the new one is shown": (
        of("IdleShutdown", last_end=NOON - minutes(1), shown=NOON),
        UP, "IdleShutdown", minutes(29), minutes(29),
    ),
    "while it runs something, the time is a whole one from now": (
        of("IdleShutdown", begun=1), UP, "IdleShutdown", IDLE, IDLE,
    ),
    "just made: it begins awake": (
        of("IdleShutdown", since=NOON - minutes(1), last_end=None, last_trigger=None),
        UP, "IdleShutdown", minutes(29), minutes(29),
    ),
    "a start counts as activity": (
        of("IdleShutdown", start=NOON - minutes(10)), UP, "IdleShutdown", minutes(20), minutes(20),
    ),
    "a run that came after the stop was its end": (
        of("IdleShutdown", stop=NOON - minutes(5), last_trigger=NOON - minutes(4),
           last_end=NOON - minutes(3)),
        UP, "IdleShutdown", minutes(27), minutes(27),
    ),
    "a run that had come before the stop, and ended later, was not": (
        of("IdleShutdown", stop=NOON - minutes(4), last_trigger=NOON - minutes(5),
           last_end=NOON - minutes(3)),
        DOWN, "Stopped", None, None,
    ),
    "after a change of leader nothing sleeps before the kept runs are read": (
        of("IdleShutdown", known=False, last_end=None, last_trigger=None, shown=NOON - SECOND),
        UP, "IdleShutdown", -SECOND, -SECOND,
    ),
    "what sleeps by then goes on sleeping": (
        of("IdleShutdown", known=False, last_end=None, last_trigger=None, live=0),
        DOWN, "Idle", None, None,
    ),
    "the last run of a batch is ten seconds ago": (
        of("OnDemand", last_end=NOON - 10 * SECOND), DOWN, "OnDemand", None, None,
    ),
    "it is nine seconds ago: another may follow": (
        of("OnDemand", last_end=NOON - 9 * SECOND), UP, "OnDemand", None, SECOND,
    ),
    "started by hand, and no run has come: it waits five minutes": (
        of("OnDemand", start=NOON - minutes(4)), UP, "OnDemand", None, minutes(1),
    ),
    "started by hand, and a run has come: it does not wait": (
        of("OnDemand", start=NOON - minutes(4), last_trigger=NOON - minutes(3),
           last_end=NOON - minutes(2)),
        DOWN, "OnDemand", None, None,
    ),
    "outside the window: until it opens": (
        of("Queue"), DOWN, "OutsideWindow", minutes(8 * 60), minutes(8 * 60),
    ),
    "a run that the window had taken is carried out": (
        of("Reject", fresh=1), UP, "ScheduledWindow", minutes(8 * 60), minutes(8 * 60),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "pods", "reason", "transition", "recheck"), TIMES.values(), ids=TIMES
)
def test_times(seen: Situation, pods: int, reason: str, transition: Any, recheck: Any) -> None:
    size = decide(seen)

    assert (size.replicas, size.reason) == (pods, reason)
    assert (_from_noon(size.transition), _from_noon(size.recheck_at)) == (transition, recheck)


def _from_noon(time: Any) -> Any:
    return None if time is None else time - NOON


def test_a_runner_that_stops_keeps_its_pods_until_its_runs_have_ended() -> None:
    seen = of("AlwaysOn", stop=NOON, begun=2, live=3)

    size: Size = decide(seen)

    assert (size.replicas, size.reason, size.stopped) == (3, "Finishing", None)


def solo(policy: str, **fields: Any) -> Size:
    return decide(replace(of(policy, **fields), solo=True))


def test_with_a_pod_for_each_run_a_policy_keeps_none_up() -> None:
    sizes = {policy: solo(policy) for policy in ("AlwaysOn", "IdleShutdown", "OnDemand")}

    shown = {(size.replicas, size.solo, size.reason, size.takes_runs) for size in sizes.values()}
    assert shown == {(None, True, "Job", True)}


def test_with_a_pod_for_each_run_a_window_and_a_stop_still_hold() -> None:
    closed, stopped = solo("Queue"), solo("AlwaysOn", stop=NOON)

    assert (closed.solo, closed.reason, _from_noon(closed.recheck_at)) == (
        True,
        "OutsideWindow",
        minutes(8 * 60),
    )
    assert (stopped.solo, stopped.reason, stopped.takes_runs) == (True, "Stopped", False)


def test_a_draft_has_what_pods_need_while_it_is_tested() -> None:
    draft = replace(of("OnDemand"), standing=standing(DRAFT), live=None)

    sizes = [
        decide(replace(draft, demand=demand))
        for demand in (Demand(), Demand(fresh=1), Demand(begun=1))
    ]

    assert [(size.replicas, size.solo) for size in sizes] == [
        (None, False),
        (None, True),
        (None, True),
    ]


DRAFT = Case("Draft", "1", "OnDemand", "none", "none", "beyond")

KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "a trigger": ({"trigger": {"type": "Api"}}, "Refused"),
    "a test": ({"trigger": {"type": "Test"}}, "Admitted"),
    "a definition of its own": ({"definition": {"steps": []}}, "Admitted"),
}


@pytest.mark.parametrize(("spec", "outcome"), KINDS.values(), ids=KINDS)
def test_a_draft_takes_tests_and_definitions_alone(spec: dict[str, Any], outcome: str) -> None:
    verdict = admission.judge(standing(DRAFT), NOON, admission.kind(spec))

    assert verdict.outcome == outcome


def scaled(policy: str = "AlwaysOn", low: int = 1, **fields: Any) -> Size:
    load = Load(**{name: fields.pop(name) for name in Load.__dataclass_fields__ if name in fields})
    seen = of(policy, load=load, **fields)
    here = replace(seen.standing, replicas=low)
    return decide(replace(seen, standing=here, bounds=Bounds(low=low, high=5, slots=10)))


SCALES: dict[str, tuple[Size, int, int]] = {
    "no run": (scaled(), 1, 1),
    "as many runs as one pod takes": (scaled(runs=10), 1, 1),
    "one more": (scaled(runs=11), 2, 2),
    "more than all pods take": (scaled(runs=1000), 5, 5),
    "fewer than a pod beyond replicas": (scaled(low=3, runs=1), 3, 3),
    "asleep, and many come": (scaled("OnDemand", fresh=40, runs=40, live=0), 4, 4),
    "fewer runs, of pods that have none": (
        scaled(runs=11, live=5, busy_pods=1, spare_pods=3), 2, 2,
    ),
    "fewer runs, and more pods have one": (
        scaled(runs=11, live=5, busy_pods=4, spare_pods=1), 4, 2,
    ),
    "the spare pods do not say so yet": (scaled(runs=11, live=5, busy_pods=1), 5, 2),
    "some of the spare pods say so": (
        scaled(runs=1, live=5, busy_pods=1, spare_pods=2), 3, 1,
    ),
    "no run is left": (scaled(runs=0, live=5, busy_pods=0), 1, 1),
}  # fmt: skip


@pytest.mark.parametrize(("size", "pods", "keep"), SCALES.values(), ids=SCALES)
def test_waiting_runs_scale_the_runner_up(size: Size, pods: int, keep: int) -> None:
    assert (size.replicas, size.keep) == (pods, keep)


def test_scaled_by_hand_to_fewer_pods_those_with_runs_stay_until_they_have_none() -> None:
    seen = of("AlwaysOn", load=Load(busy_pods=3), live=3)

    size = decide(seen)

    assert (size.replicas, size.keep) == (3, 1)


def test_a_size_is_decided_again_when_the_load_of_the_last_minute_falls() -> None:
    assert scaled(runs=30, falls_at=NOON + SECOND).recheck_at == NOON + SECOND


def _active(status: str, hour: int) -> dict[str, Any]:
    since = f"2026-01-05T{hour:02}:00:00Z"
    return {"type": "Active", "status": status, "reason": "Idle", "lastTransitionTime": since}


STOP_AT_TEN = {names.ANNOTATION_STOP: "2026-01-05T10:00:00Z"}
WOKEN: dict[str, tuple[dict[str, Any], str]] = {
    "it went to sleep later, and by itself": (
        {"stoppedReason": "Idle", "conditions": [_active("False", 11)]}, "Idle",
    ),
    "it went to sleep by that": (
        {"stoppedReason": "Manual", "conditions": [_active("False", 11)]}, "Stopped",
    ),
    "it slept already": ({"stoppedReason": "Idle", "conditions": [_active("False", 9)]}, "Stopped"),
    "it is up, or still is": ({"conditions": [_active("True", 11)]}, "Stopped"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "reason"), WOKEN.values(), ids=WOKEN)
def test_after_a_stop_whose_runs_are_not_kept_any_more(status: dict[str, Any], reason: str) -> None:
    workflow = a_workflow(metadata={"annotations": STOP_AT_TEN}, status=status)

    seen = situations.of(observed(workflow, now=NOON + timedelta(hours=1)))

    assert decide(seen).reason == reason


UP_SINCE_TEN = {
    "type": "Active", "status": "True", "reason": "IdleShutdown",
    "lastTransitionTime": "2026-01-05T10:00:00Z",
}  # fmt: skip
SINCE: dict[str, tuple[dict[str, Any], Demand, str]] = {
    "nothing is known but when it was made": ({}, Demand(), "09:00"),
    "its runner has been up since": ({"conditions": [UP_SINCE_TEN]}, Demand(), "10:00"),
    "its last run is not kept any more": (
        {"health": {"lastRunTime": "2026-01-05T11:00:00Z"}}, Demand(), "11:00",
    ),
    "its last run is kept, which is told apart": (
        {"health": {"lastRunTime": "2026-01-05T11:00:00Z"}}, Demand(last_end=NOON), "09:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "demand", "wanted"), SINCE.values(), ids=SINCE)
def test_since_when_nothing_may_have_happened(
    status: dict[str, Any], demand: Demand, wanted: str
) -> None:
    seen = situations.of(observed(a_workflow(status=status), demand=demand))

    assert f"{seen.since:%H:%M}" == wanted
