"""What a person asks of a workflow's runner without touching its spec: annotations with a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sluice_core import names


@dataclass(frozen=True, slots=True)
class Verbs:
    """When the runner was last asked to stop and to start."""

    stop: datetime | None = None
    start: datetime | None = None

    @property
    def stopped(self) -> bool:
        """Whether the stop is the later one; both at the same second is a start."""
        return self.stop is not None and (self.start is None or self.stop > self.start)

    @property
    def started(self) -> bool:
        """Whether the start is the later one."""
        return self.start is not None and not self.stopped


NOTHING_ASKED = Verbs()


def read(annotations: Mapping[str, str]) -> Verbs:
    """What the annotations say; one that holds no time is as if it were not there."""
    stop = _time(annotations.get(names.ANNOTATION_STOP, ""))
    start = _time(annotations.get(names.ANNOTATION_START, ""))
    return Verbs(stop=stop, start=start) if stop or start else NOTHING_ASKED


def asked(annotation: str, now: datetime) -> dict[str, str | None]:
    """The annotations that ask for a verb as of now; None is one to take away.

    The other verb is over with it: its time may be of a clock that is ahead. Times are finer than
    a second, within which another verb may come.
    """
    others: dict[str, str | None] = {names.ANNOTATION_STOP: None, names.ANNOTATION_START: None}
    return others | {annotation: now.isoformat(timespec="microseconds")}


def problems(annotations: Mapping[str, str]) -> Iterator[str]:
    """Sentences about annotations that say nothing."""
    for name in (names.ANNOTATION_STOP, names.ANNOTATION_START):
        text = annotations.get(name)
        if text is not None and _time(text) is None:
            yield (
                f"the annotation {name} is ignored, since {text[:64]!r} is no time: "
                "write one like 2026-01-31T12:00:00Z"
            )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
