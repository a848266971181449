"""How long an acknowledged attempt is remembered."""

from sluice_core import wire
from sluice_runner.server import tombstones as module
from sluice_runner.server.tombstones import Tombstones


def test_an_attempt_and_those_before_it_are_covered_for_ten_minutes() -> None:
    now = 0.0
    buried = Tombstones(lambda: now)

    buried.add("a", 2)
    at_once = [buried.covers("a", attempt) for attempt in (1, 2, 3)]
    now = wire.TOMBSTONE_SECONDS - 0.1
    late = buried.covers("a", 2)
    now = wire.TOMBSTONE_SECONDS
    too_late = buried.covers("a", 2)

    assert at_once == [True, True, False]
    assert (late, too_late) == (True, False)


def test_what_is_past_is_forgotten_with_the_next_one() -> None:
    now = 0.0
    buried = Tombstones(lambda: now)
    buried.add("a", 1)
    now = 601.0

    buried.add("b", 1)

    assert buried._buried.keys() == {"b"}


def test_there_are_never_too_many() -> None:
    buried = Tombstones(lambda: 0.0)

    for number in range(module._LIMIT + 5):
        buried.add(str(number), 1)

    assert len(buried._buried) == module._LIMIT
    assert not buried.covers("4", 1)
    assert buried.covers("5", 1)
