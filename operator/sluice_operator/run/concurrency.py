"""Decide which runs of a workflow may go at once. Reads no clock, calls no API, logs nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sluice_core import spacing
from sluice_core.api.triggers import ConcurrencyPolicy
from sluice_core.api.workflow import Concurrency
from sluice_operator.run.observed import Run
from sluice_operator.run.reconcile import End, Wait

EXACT = 10  # a longer queue is told in rough numbers: each change of them is a status write


class Begin(NamedTuple):
    """When a run was created, and its name. The later one is the greater one."""

    created: str
    name: str


@dataclass(frozen=True)
class Verdict:
    """What becomes of undecided runs, by uid.

    `held` are waiting runs that do not go now; `replaced` are runs that hold a place and lose it,
    to the run of that name.
    """

    held: Mapping[str, Wait | End] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)


def is_free(rule: Concurrency) -> bool:
    """Whether runs need not know of each other."""
    return rule.policy == "Allow" and rule.limit is None and not rule.min_interval_seconds


def judge(
    placed: Iterable[Run], new: Iterable[Run], rule: Concurrency, last: Mapping[str, Begin]
) -> Verdict:
    """`placed` hold a place, `new` want one; `last` is the last begin of each key that is over."""
    held: dict[str, Wait | End] = {}
    replaced: dict[str, str] = {}
    groups: dict[str, _Group] = {}
    for run in placed:
        groups.setdefault(spacing.key(run.spec, rule), _Group()).placed.append(run)
    for run in new:
        groups.setdefault(spacing.key(run.spec, rule), _Group()).new.append(run)
    for name, group in groups.items():
        verdict = _of_group(group, rule, last.get(name))
        held.update(verdict.held)
        replaced.update(verdict.replaced)
    return Verdict(held, replaced)


def by_schedule(
    placed: Iterable[Run], new: Iterable[Run], policies: Mapping[str, ConcurrencyPolicy]
) -> Verdict:
    """The same for runs that schedules have set off, by the policies of their triggers."""
    held: dict[str, Wait | End] = {}
    replaced: dict[str, str] = {}
    groups = {name: _Group() for name in policies}
    for run in placed:
        if (name := schedule_of(run)) in groups:
            groups[name].placed.append(run)
    for run in new:
        if (name := schedule_of(run)) in groups:
            groups[name].new.append(run)
    for name, group in groups.items():
        policy = policies[name]
        said = f"concurrencyPolicy of the schedule {name} is {policy}"
        verdict = _of_group(group, Concurrency(policy=policy, limit=1), None, said)
        held.update(verdict.held)
        replaced.update(verdict.replaced)
    return Verdict(held, replaced)


def schedule_of(run: Run) -> str:
    """The trigger whose schedule has set it off; "" where none has."""
    trigger = run.spec.get("trigger", {})
    return str(trigger.get("name", "")) if trigger.get("type") == "Schedule" else ""


@dataclass
class _Group:
    """Runs with one key."""

    placed: list[Run] = field(default_factory=list)
    new: list[Run] = field(default_factory=list)


def _of_group(group: _Group, rule: Concurrency, last: Begin | None, said: str = "") -> Verdict:
    """`said` is the rule for people, where it is not the workflow's own."""
    held: dict[str, Wait | End] = {}
    placed, wanting = list(group.placed), []
    last = max([*([last] if last else []), *map(begin, placed)], default=None)
    for run in sorted(group.new, key=begin):
        refusal = _too_soon(run, last, rule) or _forbidden(placed, rule, said)
        if refusal is not None:
            held[run.uid] = refusal
            continue
        last = max(last, begin(run)) if last else begin(run)
        wanting.append(run)
        if rule.policy == "Forbid":
            placed.append(run)
    match rule.policy:
        case "Replace":
            return _replace(group.placed, wanting, rule.limit or 1, held)
        case "Queue":
            held |= _queue(len(group.placed), wanting, rule.limit or 1, said)
        case "Allow" if rule.limit is not None:
            held |= _queue(len(group.placed), wanting, rule.limit, said)
    return Verdict(held)


def begin(run: Run) -> Begin:
    """Its place in time."""
    return Begin(run.created, run.name.name)


def _too_soon(run: Run, last: Begin | None, rule: Concurrency) -> End | None:
    if last is None or not rule.min_interval_seconds or last.created > run.created:
        return None
    apart = datetime.fromisoformat(run.created) - datetime.fromisoformat(last.created)
    if apart.total_seconds() >= rule.min_interval_seconds:
        return None
    return End("Failed", "RateLimited", spacing.refusal(last.name, apart.total_seconds(), rule))


def _forbidden(placed: list[Run], rule: Concurrency, said: str) -> End | None:
    limit = rule.limit or 1
    if rule.policy != "Forbid" or len(placed) < limit:
        return None
    oldest = min(placed, key=begin).name.name
    said = said or f"concurrency.policy is Forbid with limit {limit}"
    return End("Failed", "ConcurrencyForbidden", f"run {oldest} goes on; {said}")


def _queue(placed: int, wanting: list[Run], limit: int, said: str) -> dict[str, Wait | End]:
    free = max(0, limit - placed)
    said = said or f"concurrency.limit is {limit}"
    waiting = sorted(wanting, key=lambda run: run.order)[free:]
    return {
        run.uid: Wait("Queued", f"{said}; runs before it: {_about(before)}")
        for before, run in enumerate(waiting)
    }


def _about(number: int) -> str:
    if number <= EXACT:
        return str(number)
    rough = EXACT
    while rough * EXACT < number:
        rough *= EXACT
    return f"more than {rough}"


def _replace(
    placed: list[Run], wanting: list[Run], limit: int, held: dict[str, Wait | End]
) -> Verdict:
    """The newest ones stay. One that has begun counts as older than any that has not."""
    staying = [run for run in placed if not run.cancelled] + wanting
    ordered = sorted(staying, key=lambda run: (not run.begun, begin(run)))
    surplus, heirs = ordered[:-limit], ordered[-limit:]
    taken = {run.uid: heirs[-1].name.name for run in surplus}
    replaced = {run.uid: taken[run.uid] for run in placed if run.uid in taken}
    for run in wanting:
        if run.uid in taken:
            held[run.uid] = End("Cancelled", "Replaced", f"run {taken[run.uid]} took its place")
    free = max(0, limit - len(placed))
    going = sorted((run for run in wanting if run.uid not in taken), key=lambda run: run.order)
    stopping = [run.name.name for run in placed if run.uid in replaced or run.cancelled]
    for run in going[free:]:
        held[run.uid] = Wait("Replacing", f"waiting for {', '.join(stopping[:5])} to stop")
    return Verdict(held, replaced)
