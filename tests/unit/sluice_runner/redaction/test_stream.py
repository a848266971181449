"""A stream of bytes in pieces of any size."""

from base64 import b64encode

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice_runner.redaction import MASK, RedactedStream, Redactor
from sluice_runner.redaction.matcher import merged

ALPHABET = "ab-0"
SECRETS = st.lists(st.text(ALPHABET, min_size=4, max_size=40), min_size=1, max_size=4)


def through(redactor: Redactor, chunks: list[bytes]) -> bytes:
    stream = RedactedStream(redactor)
    return b"".join(stream.feed(chunk) for chunk in chunks) + stream.flush()


def in_pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


@settings(max_examples=300, deadline=None)
@given(secrets=SECRETS, words=st.lists(st.text(ALPHABET, max_size=9)), data=st.data())
def test_pieces_give_what_the_whole_gives(
    secrets: list[str], words: list[str], data: st.DataObject
) -> None:
    redactor = Redactor()
    redactor.learn(secrets)
    mixed = data.draw(st.permutations([*words, *secrets, b64encode(secrets[0].encode()).decode()]))
    whole = "".join(mixed)
    sizes = data.draw(st.lists(st.integers(1, 8)))

    shown = through(redactor, in_pieces(whole.encode(), sizes))

    assert shown.decode() == redactor.text(whole)


@settings(max_examples=30, deadline=None)
@given(secret=st.text("abcdef0123456789+/é", min_size=4, max_size=4000), size=st.integers(1, 900))
def test_a_long_secret_in_small_pieces(secret: str, size: int) -> None:
    redactor = Redactor()
    redactor.learn([secret])
    raw = f"before {secret}\nafter\n".encode()

    shown = through(redactor, [raw[at : at + size] for at in range(0, len(raw), size)])

    assert shown.decode() == f"before {MASK}\nafter\n"


def test_a_line_without_a_beginning_of_a_secret_is_given_at_once() -> None:
    redactor = Redactor()
    redactor.learn(["s3cr3t-t0ken"])
    stream = RedactedStream(redactor)

    shown = stream.feed(b"a whole line\n")

    assert shown == b"a whole line\n"
    assert stream.flush() == b""


def test_what_never_ends_to_be_a_secret_does_not_pile_up() -> None:
    redactor = Redactor()
    redactor.learn(["aaaa", "aaaaaaaa"])
    stream = RedactedStream(redactor)

    given_out = b"".join(stream.feed(b"a" * 1000) for _ in range(50)) + stream.flush()

    assert given_out == MASK.encode()


def test_spans_that_overlap_are_one() -> None:
    assert merged([(5, 7), (0, 2), (1, 3), (3, 4), (6, 7)]) == [(0, 3), (3, 4), (5, 7)]
