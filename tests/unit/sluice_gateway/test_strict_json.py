"""Which JSON of strangers is taken."""

import pytest

from sluice_gateway import strict_json

REFUSED = {
    "a key twice": (b'{"a": 1, "a": 2}', "the key 'a' is there twice"),
    "a key twice, spelt with an escape": (b'{"a": 1, "\\u0061": 2}', "twice"),
    "a key twice, deep inside": (b'[{"x": {"b": 1, "b": 1}}]', "'b'"),
    "NaN": (b'{"a": NaN}', "unexpected character"),
    "infinity": (b"-Infinity", "no digit"),
    "a number beyond a double": (b"1e400", "infinity"),
    "a lone surrogate": (b'"\\ud800"', "surrogate"),
    "bytes that are not UTF-8": (b'"\xff"', "UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "BOM"),
    "65 levels": (b"[" * 65 + b"]" * 65, "deeper than 64"),
    "200 levels of objects": (b'{"a":' * 200 + b"1" + b"}" * 200, "deeper than 64"),
    "a million brackets": (b"[" * 1_000_000, "depth limit"),
    "two values": (b"{} {}", "unexpected content"),
    "nothing": (b"", "empty"),
}
TAKEN = {
    "an object": (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
    "64 levels": (b"[" * 64 + b"]" * 64, None),
    "many brackets side by side": (b"[" + b"[]," * 500 + b"[]]", [[] for _ in range(501)]),
    "brackets in text": (b'"' + b"[" * 500 + b'"', "[" * 500),
    "equal keys in different objects": (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
    "an integer beyond 64 bits becomes a double": (b"1" + b"0" * 30, 1e30),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_refused(text: bytes, why: str) -> None:
    with pytest.raises(strict_json.NotJsonError, match=why):
        strict_json.loads(text)


@pytest.mark.parametrize(("text", "value"), TAKEN.values(), ids=TAKEN)
def test_taken(text: bytes, value: object) -> None:
    loaded = strict_json.loads(text)

    assert value is None or loaded == value
