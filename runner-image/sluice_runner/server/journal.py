"""What happened in the runs held here, as lines of the event stream, until it is acknowledged."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import takewhile

import orjson
from pydantic import JsonValue
from pydantic_core import to_json

from sluice_core import wire

KEPT_BYTES = 64 * 1024 * 1024  # of all runs; past it no further run is taken
RUN_BYTES = 8 * 1024 * 1024  # of one run; past it events lose their outputs
LOG_BYTES = 256 * 1024  # of one run
PAST_LOG_BYTES = 16 * 1024 * 1024  # of runs that were acknowledged
_MESSAGE_CHARACTERS = 1024

_ENDS = (wire.Finished, wire.Interrupted)


@dataclass(eq=False)
class Record:
    """The lines of one attempt that are still kept, by id; `seq` is the last number given out."""

    uid: str
    attempt: int
    seq: int = 0
    size: int = 0
    ended: bool = False
    transitions: dict[int, int] = field(default_factory=dict)  # id -> seq
    requests: dict[str, int] = field(default_factory=dict)  # those without a reply, with their id
    progress: int | None = None
    logs: deque[tuple[int, bytes]] = field(default_factory=deque)
    log_size: int = 0


class Journal:
    """One line an event, ordered by id.

    Ids count on from `boot`, the start of the process in microseconds: a reader who asks for what
    came after an id of an earlier process in the same pod misses nothing.
    """

    def __init__(self, boot: int, clock: Callable[[], int]) -> None:
        self.boot = boot
        self._last_id = boot
        self._clock = clock
        self._lines: dict[int, bytes] = {}
        self._past_logs: OrderedDict[str, Record] = OrderedDict()
        self._past_size = 0
        self.size = 0
        self.dropped_logs = 0
        self.listener: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def full(self) -> bool:
        """Nobody acknowledges: take no further run."""
        return self.size >= KEPT_BYTES

    def append(self, record: Record, what: wire.Happening) -> None:
        """Keep an event of an attempt; what comes after its end is dropped."""
        if record.ended:
            return
        record.seq += 1
        self._last_id += 1
        line = self._bounded_line(record, what)
        self._lines[self._last_id] = line
        if isinstance(what, wire.Log):
            self._keep_log(record, line)
        else:
            self._keep_transition(record, what, len(line))
        if self.listener is not None:
            self.listener()

    def since(self, after: int) -> list[tuple[int, bytes]]:
        """Id and line of each kept event with a higher id, oldest first."""
        newest_first = takewhile(lambda item: item[0] > after, reversed(self._lines.items()))
        return list(newest_first)[::-1]

    def acknowledge(self, record: Record, through: int) -> bool:
        """Forget what was received. True when the attempt is over and nothing of it is left.

        A request stays until it is settled: who received it may be gone before it answers.
        """
        asked = set(record.requests.values())
        received = [i for i, seq in record.transitions.items() if seq <= through and i not in asked]
        for event_id in received:
            self._forget(record, event_id)
        return record.ended and not record.transitions

    def settle(self, record: Record, request: str) -> None:
        """A request has its reply, or nobody waits for it any more."""
        event_id = record.requests.pop(request, None)
        if event_id in record.transitions:
            self._forget(record, event_id)

    def drop(self, record: Record) -> None:
        """Forget all of an attempt but its log, which can be read for a while longer."""
        for event_id in list(record.transitions):
            self._forget(record, event_id)
        for event_id, _ in record.logs:
            del self._lines[event_id]
        record.ended = True
        self._keep_past(record)

    def logs(self, uid: str, held: Record | None) -> Iterable[bytes]:
        """Lines of the run's log events, of its latest attempt here."""
        record = held or self._past_logs.get(uid)
        return [line for _, line in record.logs] if record is not None else ()

    def _bounded_line(self, record: Record, what: wire.Happening) -> bytes:
        line = self._line(record, what)
        if len(line) <= min(wire.EVENT_BYTES, RUN_BYTES - record.size):
            return line
        return self._line(record, _without_data(what))

    def _line(self, record: Record, what: wire.Happening) -> bytes:
        """An Event as JSON, put together by hand: building the model first costs twice as much."""
        return b'{"id":%d,"seq":%d,"uid":%b,"attempt":%d,"time":%d,"what":%b}\n' % (
            self._last_id,
            record.seq,
            orjson.dumps(record.uid),
            record.attempt,
            self._clock(),
            _json(what),
        )

    def _keep_transition(self, record: Record, what: wire.Happening, size: int) -> None:
        if isinstance(what, wire.Progress):
            if record.progress in record.transitions:
                self._forget(record, record.progress)
            record.progress = self._last_id
        if isinstance(what, wire.Request):
            record.requests[what.request] = self._last_id
        record.transitions[self._last_id] = record.seq
        record.size += size
        self.size += size
        record.ended = isinstance(what, _ENDS)
        if record.ended:
            record.requests.clear()

    def _keep_log(self, record: Record, line: bytes) -> None:
        record.logs.append((self._last_id, line))
        record.log_size += len(line)
        while record.log_size > LOG_BYTES:
            event_id, oldest = record.logs.popleft()
            record.log_size -= len(oldest)
            del self._lines[event_id]
            self.dropped_logs += 1

    def _keep_past(self, record: Record) -> None:
        earlier = self._past_logs.pop(record.uid, None)
        if earlier is not None:
            self._past_size -= earlier.log_size
        if record.logs:
            self._past_logs[record.uid] = record
            self._past_size += record.log_size
        while self._past_size > PAST_LOG_BYTES:
            _, oldest = self._past_logs.popitem(last=False)
            self._past_size -= oldest.log_size

    def _forget(self, record: Record, event_id: int) -> None:
        size = len(self._lines.pop(event_id))
        del record.transitions[event_id]
        record.size -= size
        self.size -= size


def _json(what: wire.Happening) -> bytes:
    try:
        return to_json(what, by_alias=True, inf_nan_mode="null")
    except ValueError:  # half of a surrogate pair, from wherever an action got its text
        return to_json(_encodable(what.model_dump(by_alias=True)), inf_nan_mode="null")


def _encodable(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return value.encode(errors="replace").decode()
        case list():
            return [_encodable(item) for item in value]
        case dict():
            return {str(_encodable(key)): _encodable(item) for key, item in value.items()}
        case _:
            return value


def _without_data(what: wire.Happening) -> wire.Happening:
    """The same with short words and no outputs; what has neither stays as it is."""
    match what:
        case wire.Finished(message=message):
            short = message[:_MESSAGE_CHARACTERS]
            return what.model_copy(update={"output": None, "message": short, "truncated": True})
        case wire.StepFinished(error=error):
            nothing = {"output": None, "rendered_output": None, "result": None}
            short_error = {"error": _shortened(error), "truncated": True}
            return what.model_copy(update={**nothing, **short_error})
        case wire.EntityFinished(error=error):
            return what.model_copy(update={"error": _shortened(error)})
        case _:
            return what


def _shortened(error: wire.StepError | None) -> wire.StepError | None:
    if error is None:
        return None
    return error.model_copy(update={"message": error.message[:_MESSAGE_CHARACTERS]})
