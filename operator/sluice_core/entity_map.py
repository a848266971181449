"""Which entities of a run are through, small enough for its status: a bit for each, in order."""

import base64
import binascii
from collections.abc import Collection, Iterable, Iterator


def encode(entities: Iterable[str], done: Collection[str]) -> str:
    """Base64 (RFC 4648) of the bits, the first entity's the lowest of the first byte; 10,000 of
    them take 1,668 characters. `done` has to be quick to look things up in.
    """
    named = _distinct(entities)
    shown = "".join("1" if name in done else "0" for name in reversed(named))
    bits = int(shown or "0", 2)
    return base64.b64encode(bits.to_bytes((len(named) + 7) // 8, "little")).decode()


def decode(entities: Iterable[str], text: str) -> Iterator[str]:
    """The entities whose bits are set; none where somebody else has written the text."""
    try:
        bits = int.from_bytes(base64.b64decode(text, validate=True), "little")
    except (binascii.Error, ValueError):
        return
    shown = bin(bits)[:1:-1]  # the lowest first
    for name, bit in zip(_distinct(entities), shown, strict=False):
        if bit == "1":
            yield name


def _distinct(entities: Iterable[str]) -> list[str]:
    """As the runner goes through them."""
    return list(dict.fromkeys(entities))
