"""Which definitions stay in memory."""

from hashlib import sha256

import pytest

from sluice_runner.server.definitions import Definitions, WrongHash


def put(definitions: Definitions[str], text: str) -> str:
    name = sha256(text.encode()).hexdigest()
    definitions.put(name, text.encode())
    return name


@pytest.fixture
def definitions() -> Definitions[str]:
    return Definitions(bytes.decode, limit=10)


def test_the_least_recently_used_goes_first(definitions: Definitions[str]) -> None:
    first, second = put(definitions, "aaaa"), put(definitions, "bbbb")
    definitions.take(first)
    definitions.release(first)

    third = put(definitions, "cccc")

    assert [definitions.take(name) for name in (first, second, third)] == ["aaaa", None, "cccc"]


def test_one_in_use_never_goes(definitions: Definitions[str]) -> None:
    first = put(definitions, "a" * 10)
    definitions.take(first)

    second = put(definitions, "b" * 10)

    assert definitions.take(first) == "a" * 10
    assert definitions.take(second) == "b" * 10


def test_it_goes_once_nobody_uses_it(definitions: Definitions[str]) -> None:
    first = put(definitions, "a" * 10)
    definitions.take(first)
    second = put(definitions, "b" * 10)
    definitions.take(second)

    definitions.release(first)
    definitions.release(second)

    held = [definitions.take(name) for name in (first, second)]
    assert held.count(None) == 1


def test_putting_it_again_parses_it_once() -> None:
    parsed: list[bytes] = []
    definitions = Definitions(parsed.append)
    name = sha256(b"a").hexdigest()

    definitions.put(name, b"a")
    definitions.put(name, b"a")

    assert parsed == [b"a"]


def test_bytes_of_another_hash_are_refused_and_not_kept(definitions: Definitions[str]) -> None:
    name = sha256(b"a").hexdigest()

    with pytest.raises(WrongHash, match=name):
        definitions.put(name, b"b")

    assert definitions.take(name) is None
