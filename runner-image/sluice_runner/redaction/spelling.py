"""How a secret may be spelt: as it is, and in the encodings that programs echo it in."""

import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from sluice_core.credentials import SHORTEST

NONE: frozenset[int] = frozenset()
# What encodeURIComponent, encodeURI and a query string leave as it is, besides letters and digits.
LEFT_IN_URLS = ("", "/", "!'()*~", ";,/?:@&=+$-_.!~*'()#", "/?")
NEEDLE = 16
JSON_IN_JSON = 3  # a message that quotes an answer that quotes a document
WORDS = re.compile(rb"[A-Za-z0-9]+")  # what no encoding of texts changes
ESCAPED = re.compile(rb'[\x00-\x1f"\\]')  # what JSON writes in another way
GO = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}  # as Go's JSON has them
TEMPLATE = str.maketrans(  # as templates escape for HTML
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
)
PERCENT = re.compile("%[0-9A-F]{2}")


@dataclass(frozen=True)
class Spelling:
    """Bytes to look for. One of `before` and of `after` goes with them if it stands there.

    Those are of base64, where bits of the secret may share a letter with a neighbour's. `needle`
    is a part of the core that is spelt alike in JSON: where it is not, the core is not either.
    """

    core: bytes
    needle: bytes
    before: frozenset[int] = NONE
    after: frozenset[int] = NONE


def spellings(secret: str) -> Iterator[Spelling]:
    """All of them, some perhaps twice."""
    raw = secret.encode(errors="surrogatepass")
    word = max(WORDS.findall(raw), key=len, default=b"")[:NEEDLE]
    for text in _texts(secret):
        core = text.encode(errors="surrogatepass")
        yield Spelling(core, word if len(word) >= SHORTEST and word in core else _needle(core))
    for text in (raw.hex(), raw.hex().upper()):
        yield Spelling(text.encode(), text.encode()[:NEEDLE])
    for encode in (b64encode, urlsafe_b64encode):
        for offset in range(3):
            yield _in_base64(raw, offset, encode)


def _texts(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        quoted = secret
        for _ in range(JSON_IN_JSON):
            quoted = json.dumps(quoted, ensure_ascii=ascii_only)[1:-1]
            yield quoted
            yield quoted.translate(GO)
    yield secret.translate(TEMPLATE)
    yield html.escape(secret)
    for safe in LEFT_IN_URLS:
        for encode in (quote, quote_plus):
            encoded = encode(secret, safe=safe, errors="surrogatepass")
            yield encoded
            yield PERCENT.sub(lambda match: match[0].lower(), encoded)


def _in_base64(raw: bytes, offset: int, encode: Callable[[bytes], bytes]) -> Spelling:
    """As it is inside the base64 of something longer, `offset` bytes (modulo 3) from its start."""
    whole = encode(b"\0" * offset + raw)
    first, last = -(-8 * offset // 6), 8 * (offset + len(raw)) // 6
    alphabet = _alphabet(encode)
    before, after = NONE, NONE
    if offset:
        low = 2 * (3 - offset)  # bits of the secret in the letter shared with what is before
        before = frozenset(alphabet[(x << low) | (raw[0] >> (8 - low))] for x in range(64 >> low))
    if high := 8 * (offset + len(raw)) % 6:  # and in the one shared with what is after
        known = (raw[-1] & ((1 << high) - 1)) << (6 - high)
        after = frozenset(alphabet[known | x] for x in range(64 >> high))
    return Spelling(whole[first:last], whole[first:last][:NEEDLE], before, after)


def _needle(core: bytes) -> bytes:
    return max(ESCAPED.split(core), key=len)[:NEEDLE]


def _alphabet(encode: Callable[[bytes], bytes]) -> bytes:
    """The 64 letters in their order."""
    sextets = 0
    for value in range(64):
        sextets = (sextets << 6) | value
    return encode(sextets.to_bytes(48, "big"))
