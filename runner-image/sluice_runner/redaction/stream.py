"""Redact what comes in pieces: a secret that is split over two of them is found all the same."""

from sluice_runner.redaction.redactor import MASK, Redactor


class RedactedStream:
    """Gives back what cannot be part of a secret, and keeps what may be one until more is there."""

    def __init__(self, redactor: Redactor) -> None:
        self._matcher = redactor.matcher
        self._held = b""
        self._masked = 0  # so many of the held bytes belong to a secret that is replaced already

    def feed(self, chunk: bytes) -> bytes:
        """What of the stream so far can be shown and was not given before."""
        self._held += chunk
        return self._given(self._matcher.open_end(self._held))

    def flush(self) -> bytes:
        """The rest, at the end of the stream."""
        return self._given(len(self._held))

    def _given(self, end: int) -> bytes:
        pieces, at = [], self._masked
        for start, stop in self._matcher.spans(self._held):
            if start >= end:
                break
            if start >= at:
                pieces += [self._held[at:start], MASK.encode()]
            at = max(at, stop)
        pieces.append(self._held[at:end])
        self._masked = max(0, at - end)
        self._held = self._held[end:]
        return b"".join(pieces)
