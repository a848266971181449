"""Every combination that decides about a runner, and the tables of the guide that say how."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import NamedTuple

from sluice_core import admission
from sluice_core.admission import Standing
from sluice_core.api.lifecycle import LifecyclePolicy, Window
from sluice_core.api.workflow import WorkflowState
from sluice_core.verbs import Verbs
from sluice_operator.workflow.observed import Demand
from sluice_operator.workflow.scaling import Bounds
from sluice_operator.workflow.situation import Situation
from testkit.seen import NOON

GUIDE = Path(__file__).parents[2] / "docs" / "lifecycle.md"
IDLE = timedelta(minutes=30)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

STATES: tuple[WorkflowState, ...] = ("Draft", "Active", "Paused", "Archived")
POLICIES = ("AlwaysOn", "IdleShutdown", "OnDemand", "Queue", "Reject")
VERBS = ("none", "stopped", "started")
RUNS = ("none", "new", "begun")
TIMES = ("within", "beyond")


class Case(NamedTuple):
    """One combination; policies Queue and Reject are ScheduledWindow."""

    state: WorkflowState
    replicas: str
    policy: str
    verb: str
    runs: str
    time: str


CASES = [Case(*one) for one in product(STATES, ("0", "1"), POLICIES, VERBS, RUNS, TIMES)]


def standing(case: Case) -> Standing:
    policy: LifecyclePolicy
    match case.policy:
        case "Queue" | "Reject":
            policy = "ScheduledWindow"
        case "AlwaysOn" | "IdleShutdown" | "OnDemand":
            policy = case.policy
        case _:
            raise AssertionError(case.policy)
    return Standing(
        name="etl",
        state=case.state,
        replicas=int(case.replicas),
        policy=policy,
        window=_window(case) if policy == "ScheduledWindow" else None,
        verbs=_verbs(case),
    )


def situation(case: Case) -> Situation:
    quiet = 5 * SECOND if case.time == "within" else 2 * HOUR
    here = standing(case)
    admitted = admission.judge(here, NOON).outcome == "Admitted"
    demand = Demand(
        fresh=int(case.runs == "new" and admitted),
        begun=int(case.runs == "begun"),
        last_trigger=NOON - quiet - SECOND,
        last_end=NOON - quiet,
    )
    return Situation(
        standing=here,
        bounds=Bounds(low=1, high=1, slots=10),
        idle=IDLE,
        demand=demand,
        since=NOON - 24 * HOUR,
        live=1,
        shown=None,
        now=NOON,
    )


def _window(case: Case) -> Window:
    start, end = ("08:00", "18:00") if case.time == "within" else ("20:00", "22:00")
    hours = {"days": [0, 1, 2, 3, 4, 5, 6], "startTime": start, "endTime": end}
    return Window.model_validate({"windows": [hours], "outside": case.policy})


def _verbs(case: Case) -> Verbs:
    long_ago = 3 * HOUR if case.time == "beyond" else SECOND
    if case.verb == "stopped":
        return Verbs(stop=NOON - SECOND, start=NOON - 4 * HOUR)
    return Verbs(start=NOON - long_ago) if case.verb == "started" else Verbs()


def table(heading: str) -> Iterator[list[str]]:
    """The rows of the guide's table below that heading."""
    section = GUIDE.read_text().split(f"### {heading}\n", 1)[1].split("###", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    for row in rows[2:]:
        yield [cell.strip() for cell in row.strip("|").split("|")]


def fits(case: tuple[str, ...], row: list[str]) -> bool:
    """Whether a row is about the case."""
    return all(
        cell == "any" or value in cell.split(", ") for value, cell in zip(case, row, strict=False)
    )


def at(hour: float) -> datetime:
    """That hour of the day of NOON, UTC."""
    return NOON.replace(hour=0) + timedelta(hours=hour)
