"""Find spellings of secrets in bytes: where each is, and where one might begin at the end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sluice_runner.redaction.spelling import Spelling

PROBE = 16  # bytes of a spelling that are looked for; the rest is compared where they are

Span = tuple[int, int]


class Matcher:
    """Spellings by their first bytes."""

    def __init__(self, spellings: Iterable[Spelling] = ()) -> None:
        self._by_probe: defaultdict[bytes, list[Spelling]] = defaultdict(list)
        self._by_needle: defaultdict[bytes, list[Spelling]] = defaultdict(list)
        self._known: set[Spelling] = set()
        self._beginnings: set[bytes] = set()
        self._before: set[int] = set()
        self._longest = 0
        self.add(spellings)

    def __bool__(self) -> bool:
        return bool(self._known)

    def add(self, spellings: Iterable[Spelling]) -> None:
        """Look for these too."""
        for one in spellings:
            if one in self._known:
                continue
            self._known.add(one)
            probe = one.core[:PROBE]
            self._by_probe[probe].append(one)
            self._by_needle[one.needle].append(one)
            self._beginnings.update(probe[:size] for size in range(1, len(probe)))
            self._before |= one.before
            self._longest = max(self._longest, len(one.core))

    def narrowed(self, raw: bytes) -> "Matcher":
        """With those alone that may be in some text of this JSON, however it is escaped there."""
        return Matcher(
            one for needle, found in self._by_needle.items() if needle in raw for one in found
        )

    def spans(self, data: bytes) -> list[Span]:
        """Where secrets are, in order, with those that overlap taken together."""
        if not any(needle in data for needle in self._by_needle):
            return []
        return merged(self._spans(data))

    def open_end(self, data: bytes) -> int:
        """From where on the data may turn out to be a secret once more of it is there."""
        start = min(self._open(data), default=len(data))
        if start > 0 and data[start - 1] in self._before:
            return start - 1
        return start

    def _spans(self, data: bytes) -> Iterator[Span]:
        for probe, found in self._by_probe.items():
            at = data.find(probe)
            while at >= 0:
                for one in found:
                    if data.startswith(one.core, at):
                        yield _extended(data, at, one)
                at = data.find(probe, at + 1)

    def _open(self, data: bytes) -> Iterator[int]:
        for size in range(1, min(PROBE, len(data) + 1)):
            if data[-size:] in self._beginnings:
                yield len(data) - size
        begin = max(0, len(data) - self._longest)
        for probe, found in self._by_probe.items():
            at = data.find(probe, begin)
            while at >= 0:
                rest = data[at:]
                if any(one.core.startswith(rest) and _goes_on(one, rest) for one in found):
                    yield at
                    break
                at = data.find(probe, at + 1)


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, with those that overlap taken together."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made


def _goes_on(one: Spelling, rest: bytes) -> bool:
    return len(rest) < len(one.core) or bool(one.after)


def _extended(data: bytes, at: int, one: Spelling) -> Span:
    start, end = at, at + len(one.core)
    if start > 0 and data[start - 1] in one.before:
        start -= 1
    if end < len(data) and data[end] in one.after:
        end += 1
    return start, end
