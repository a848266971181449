"""Read a response body within a limit, and unpack it within the same one."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator

BODY_LIMIT = 10 * 1024 * 1024
PIECE = 64 * 1024
PACKED = frozenset({"gzip", "x-gzip", "deflate"})
EITHER_HEADER = 32 + zlib.MAX_WBITS  # gzip or zlib, whichever the bytes begin with
NO_HEADER = -zlib.MAX_WBITS  # what some servers mean by deflate


class BodyRefused(Exception):  # noqa: N818 - a decision, not a fault
    """The body is too large, or packed in a way that was not asked for or is broken."""


async def bounded(parts: AsyncIterable[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The unpacked body in pieces; raises BodyRefused before more than BODY_LIMIT is given out."""
    total = 0
    async for piece in _unpacked(parts, encoding.strip().lower()):
        total += len(piece)
        if total > BODY_LIMIT:
            raise too_large()
        yield piece


def too_large() -> BodyRefused:
    """The refusal of a body past the limit."""
    return BodyRefused(f"the body is larger than {BODY_LIMIT // 1024**2} MiB")


async def _unpacked(parts: AsyncIterable[bytes], encoding: str) -> AsyncIterator[bytes]:
    if encoding in {"", "identity"}:
        async for part in parts:
            yield part
        return
    if encoding not in PACKED:
        raise BodyRefused(
            f"the body has Content-Encoding {encoding[:50]!r}, which nobody asked for"
        )
    unpacking = Unpacking()
    async for part in parts:
        for piece in unpacking.feed(part):
            yield piece
    unpacking.end()


class Unpacking:
    """gzip (also of several members) and deflate, never more than PIECE bytes at a time."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(EITHER_HEADER)
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Unpack the next bytes; raises BodyRefused when they make no sense."""
        while packed:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(EITHER_HEADER)
            piece = self._inflated(packed)
            packed = self._inflate.unconsumed_tail or self._inflate.unused_data
            yield piece
            while len(piece) == PIECE and not packed and not self._inflate.eof:
                piece = self._inflated(b"")  # zlib has taken all bytes and holds some output back
                yield piece

    def end(self) -> None:
        """Raise BodyRefused if the body broke off."""
        if self._begun and not self._inflate.eof:
            raise BodyRefused("the packed body broke off before its end")

    def _inflated(self, packed: bytes) -> bytes:
        try:
            piece = self._inflate.decompress(packed, PIECE)
        except zlib.error as error:
            if self._begun:
                raise BodyRefused(f"the packed body is broken: {error}") from error
            self._begun = True
            self._inflate = zlib.decompressobj(NO_HEADER)
            return self._inflated(packed)
        self._begun = True
        return piece
