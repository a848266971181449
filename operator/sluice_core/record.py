"""What happened in a run, folded into the run's status: the same for operator and command line."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from sluice_core import conditions, entity_map, wire

STATUS_BYTES = 112 * 1024  # of the 128 KiB that a status may have; the rest is for its frame
CONDITION = "Succeeded"
_DATA = ("output", "renderedOutput", "result")
_SHORT = 128  # characters of an error for which there is no room
_OUTCOME = {"Succeeded": True, "Failed": False, "Cancelled": False}


class Record:
    """The steps of one run, over all its attempts; replaying equal events gives an equal record."""

    def __init__(self, earlier: Mapping[str, Any] | None = None) -> None:
        """`earlier` is the run's status as the record of another process has shown it."""
        self.attempt = 1
        self.started: int | None = None
        self.ended: wire.Finished | None = None
        self.ended_at: int | None = None
        self.progress: wire.Progress | None = None
        self.size = 0  # bytes of the steps, when they were last shown
        self._steps: dict[str, wire.StepFinished | wire.StepStarted] = {}
        self._begun: dict[str, int] = {}
        self._entities: dict[str, wire.FinishedEntity] = {}
        self._earlier = ""  # which entities were through, as another process has shown it
        if earlier:
            self._continue(earlier)

    def add(self, event: wire.Event) -> None:
        """Take in one event of the current attempt."""
        match event.what:
            case wire.Accepted():
                self.attempt = event.attempt
                self.started = self.started or event.time
            case wire.StepStarted(step=step) as begun:
                self._steps[step] = begun
                self._begun[step] = event.time
            case wire.StepFinished(step=step) as done:
                self._steps[step] = done
            case wire.EntityFinished(entity=entity) as through:
                self._entities[entity] = through
            case wire.Progress() as progress:
                self.progress = progress
            case wire.Finished() as end:
                self.ended, self.ended_at = end, event.time
            case _:
                pass

    def lose_attempt(self) -> None:
        """The attempt's runner is gone: what was only begun has to begin again."""
        self._steps = {n: s for n, s in self._steps.items() if isinstance(s, wire.StepFinished)}

    def fail_attempt(self) -> None:
        """The attempt failed and another will follow: it begins again where this one stopped.

        What failed stays visible until then.
        """
        self.ended, self.ended_at, self.progress = None, None, None
        self._entities = {n: e for n, e in self._entities.items() if e.phase == "Succeeded"}

    def reuse(self, earlier: Mapping[str, Any], entities: Iterable[str] = ()) -> None:
        """Take over what stands of another run's status; what is known already has priority.

        Of `entities` those that it shows as through.
        """
        other = Record(earlier)
        self._steps = other._steps | self._steps
        for one in other.finished_entities(entities):
            self._entities.setdefault(one.entity, one)

    def finished(self) -> tuple[wire.FinishedStep, ...]:
        """The steps that a further attempt must not repeat, with what they gave."""
        ended = (step for step in self._steps.values() if isinstance(step, wire.StepFinished))
        return tuple(
            wire.FinishedStep(
                name=step.step,
                phase=step.phase,
                port=step.port,
                output=step.output,
                error=step.error,
                truncated=step.truncated,
            )
            for step in ended
            if _stands(step.phase, step.port)
        )

    def finished_entities(self, entities: Iterable[str]) -> tuple[wire.FinishedEntity, ...]:
        """Which of the run's entities a further attempt must not repeat, and how they ended."""
        known = {
            name: wire.FinishedEntity(entity=name, phase="Succeeded")
            for name in entity_map.decode(entities, self._earlier)
        }
        for one in self._entities.values():
            known[one.entity] = wire.FinishedEntity(
                entity=one.entity, phase=one.phase, error=one.error
            )
        return tuple(known.values())

    def completed_entities(self, entities: Sequence[str]) -> str:
        """Those that ended well, as a status shows them."""
        done = set(entity_map.decode(entities, self._earlier))
        done |= {name for name, one in self._entities.items() if one.phase == "Succeeded"}
        return entity_map.encode(entities, done)

    def failed_entities(self) -> list[str]:
        """The ids for which the graph failed."""
        return [name for name, one in self._entities.items() if one.phase == "Failed"]

    def steps(self, room: int = STATUS_BYTES) -> list[dict[str, Any]]:
        """The status list of steps, as they began; in `room` bytes, as far as there are outputs."""
        entries = [_step(step, self._begun.get(name)) for name, step in self._steps.items()]
        least = [_cut(entry) for entry in entries]
        self.size = sum(map(_weight, least))
        shown = []
        for entry, small in zip(entries, least, strict=True):
            more = _weight(entry) - _weight(small)
            if self.size + more > room:
                shown.append(small)
            else:
                self.size += more
                shown.append(entry)
        return shown

    def _continue(self, earlier: Mapping[str, Any]) -> None:
        self._earlier = earlier.get("completedEntities", "")
        if "startTime" in earlier:
            self.started = milliseconds(earlier["startTime"])
        for entry in earlier.get("steps", ()):
            if _stands(entry["phase"], entry.get("port")):
                self._steps[entry["name"]] = wire.StepFinished.model_validate(
                    {
                        **entry,
                        "step": entry["name"],
                        "started": milliseconds(entry["startTime"]),
                        "durationMs": entry.get("durationMs", 0),
                    }
                )

    def counts(self, total: int) -> dict[str, int]:
        """Progress: of entities where the runner counts them, else of steps."""
        if self.progress is not None:
            return self.progress.model_dump(include={"total", "completed", "failed"})
        done = [s for s in self._steps.values() if isinstance(s, wire.StepFinished)]
        failed = sum(1 for step in done if step.phase == "Failed")
        total = max(total, len(self._steps))
        return {"total": total, "completed": len(done) - failed, "failed": failed}


def status(
    record: Record, *, total: int, now: datetime, entities: Sequence[str] = ()
) -> dict[str, Any]:
    """The part of a run's status that follows from its events; `total` is its number of steps."""
    made: dict[str, Any] = {
        "phase": record.ended.phase if record.ended else "Running",
        "attempt": record.attempt,
        "progress": record.counts(total),
        "steps": record.steps(STATUS_BYTES - _output_bytes(record)),
    }
    if entities:
        made["completedEntities"] = record.completed_entities(entities)
    made["stepsSummary"] = f"{made['progress']['completed']}/{made['progress']['total']}"
    if record.started is not None:
        made["startTime"] = rfc3339(record.started)
    if record.ended is None:
        made["conditions"] = [conditions.condition(CONDITION, None, "Running")]
        return made
    end, at = record.ended, record.ended_at or int(now.timestamp() * 1000)
    made["completionTime"] = rfc3339(at)
    made["durationMs"] = max(0, at - (record.started or at))
    made["duration"] = for_people(made["durationMs"])
    made["conditions"] = [
        conditions.condition(CONDITION, _OUTCOME[end.phase], end.reason, end.message)
    ]
    if failed := record.failed_entities():
        made["failedEntities"] = failed
    if end.truncated:
        made["truncated"] = True
    elif end.output is not None:
        made["output"] = end.output
    return made


def _output_bytes(record: Record) -> int:
    return len(orjson.dumps(record.ended.output)) if record.ended else 0


def rfc3339(milliseconds: int) -> str:
    """RFC 3339 in UTC to the millisecond."""
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def for_people(milliseconds: int) -> str:
    """A duration as kubectl prints them: 14ms, 2.5s, 1m30s, 2h5m."""
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f}".removesuffix(".0") + "s"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m" if hours else f"{minutes}m{seconds}s"


def milliseconds(time: str) -> int:
    """Since the epoch, of a time in RFC 3339."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _cut(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry where there is no room for what it holds, which says so."""
    small = _without_data(entry)
    return small if small == entry else small | {"truncated": True}


def _without_data(entry: Mapping[str, Any]) -> dict[str, Any]:
    """How the step went, and the beginning of why."""
    small = {key: value for key, value in entry.items() if key not in _DATA}
    if "error" in small:
        small["error"] = small["error"] | {"message": small["error"]["message"][:_SHORT]}
    return small


def _weight(entry: Mapping[str, Any]) -> int:
    return len(orjson.dumps(entry)) + len(',"truncated":true')


def _stands(phase: str, port: str | None) -> bool:
    """A failure stands where the graph went on after it."""
    return phase in ("Succeeded", "Skipped") or (phase == "Failed" and port is not None)


def _step(step: wire.StepFinished | wire.StepStarted, begun: int | None) -> dict[str, Any]:
    if isinstance(step, wire.StepStarted):
        return {"name": step.step, "phase": "Running", "startTime": rfc3339(begun or 0)}
    shown = step.model_dump(
        by_alias=True,
        exclude_none=True,
        include={"phase", "attempts", "port", "output", "rendered_output", "result", "error"},
    )
    shown |= {"name": step.step, "startTime": rfc3339(step.started)}
    shown["durationMs"] = round(step.duration_ms)
    if step.truncated:
        shown["truncated"] = True
    return shown
