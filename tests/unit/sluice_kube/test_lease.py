"""What a candidate does about the Lease that it sees, by its own clock alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice_kube import lease
from sluice_kube.lease import DEAF_SECONDS, Move, Record, Sight
from sluice_kube.resources import Key, Manifest

ME, OTHER = "me-1", "other-1"
NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
THEIRS = Record(holder=OTHER, seconds=4, epoch=7, version="100", acquired="2026-03-01T11:00:00Z")
MINE = replace(THEIRS, holder=ME)
FREE = replace(THEIRS, holder="", seconds=1)

MOVES: dict[str, tuple[Record | None, float, Move]] = {
    "no Lease: made": (None, 0, "create"),
    "held by another and just seen: waited for": (THEIRS, 0, "wait"),
    "silent for almost as long as promised: waited for": (THEIRS, 3.99, "wait"),
    "silent for as long as promised: taken": (THEIRS, 4, "take"),
    "given back: taken at once": (FREE, 0, "take"),
    "ours: renewed": (MINE, 0, "renew"),
    "ours, though not renewed in time: renewed, for nobody took it": (MINE, 60, "renew"),
    "held without a promise, by a client that is not ours: taken": (
        replace(THEIRS, seconds=0),
        0,
        "take",
    ),
}


@pytest.mark.parametrize(("record", "silence", "move"), MOVES.values(), ids=MOVES)
def test_decide(record: Record | None, silence: float, move: Move) -> None:
    seen = Sight.first(record, 1000.0)

    decided = lease.decide(seen, ME, 1000.0 + silence)

    assert decided == move


RENEWED = replace(THEIRS, version="101")
LOOKS: dict[str, tuple[Record | None, float, float]] = {
    "unchanged: its silence goes on": (THEIRS, 1, 1004),
    "unchanged, and one request was lost: its silence goes on": (THEIRS, DEAF_SECONDS, 1004),
    "renewed: its silence begins anew": (RENEWED, 1, 1005),
    "unchanged, but we were deaf: it gets as long again": (THEIRS, 30, 1034),
    "deleted: nothing is left to expire": (None, 1, 1001),
}


@pytest.mark.parametrize(("record", "later", "expires"), LOOKS.values(), ids=LOOKS)
def test_silence(record: Record | None, later: float, expires: float) -> None:
    before = Sight.first(THEIRS, 1000.0)

    after = before.again(record, 1000.0 + later)

    assert after.expires() == expires


def test_looks_that_follow_each_other_closely_add_up_to_an_expiry() -> None:
    seen = Sight.first(THEIRS, 1000.0)

    for look in range(1, 5):
        seen = seen.again(THEIRS, 1000.0 + look)

    assert lease.decide(seen, ME, 1004.0) == "take"


LED = 7
SUPERSEDED: dict[str, tuple[Record | None, int, bool]] = {
    "another holds it: over": (replace(THEIRS, epoch=8), LED, True),
    "another held it and gave it back: over": (replace(FREE, epoch=8), LED, True),
    "another held it, and it is ours by name: over": (replace(MINE, epoch=8), LED, True),
    "it is still ours": (MINE, LED, False),
    "it is free, as we left it": (FREE, LED, False),
    "it is gone: nobody is known to have led": (None, LED, False),
    "we never led: nothing is over": (THEIRS, 0, False),
}


@pytest.mark.parametrize(("record", "led", "over"), SUPERSEDED.values(), ids=SUPERSEDED)
def test_superseded(record: Record | None, led: int, over: bool) -> None:
    assert lease.superseded(record, ME, led) is over


def test_a_renewal_keeps_epoch_and_beginning() -> None:
    patch = lease.kept(MINE, ME, 4, NOON)

    assert patch["metadata"] == {"resourceVersion": "100"}
    assert patch["spec"] == {
        "holderIdentity": ME,
        "leaseDurationSeconds": 4,
        "renewTime": "2026-03-01T12:00:00.250000Z",
    }


@pytest.mark.parametrize("record", [THEIRS, FREE], ids=["expired", "given back"])
def test_each_change_of_holder_is_one_epoch(record: Record) -> None:
    patch = lease.kept(record, ME, 4, NOON)

    assert patch["spec"]["leaseTransitions"] == record.epoch + 1
    assert patch["spec"]["acquireTime"] == "2026-03-01T12:00:00.250000Z"


def test_a_lease_is_given_back_only_as_it_was_seen() -> None:
    patch = lease.released(MINE, NOON)

    assert patch["metadata"] == {"resourceVersion": "100"}
    assert patch["spec"]["holderIdentity"] == ""
    assert "leaseTransitions" not in patch["spec"]


def test_a_lease_made_anew_has_a_higher_epoch_than_the_deleted_one_can_have_had() -> None:
    first = lease.made(Key("sluice", "operator"), ME, 4, 0, NOON)
    taken_over_each_second = first["spec"]["leaseTransitions"] + 3600

    second = lease.made(Key("sluice", "operator"), ME, 4, 0, NOON.replace(hour=13))
    by_its_leader = lease.made(Key("sluice", "operator"), ME, 4, 2_000_000_000, NOON)

    assert second["spec"]["leaseTransitions"] >= taken_over_each_second
    assert by_its_leader["spec"]["leaseTransitions"] == 2_000_000_001


BARE: dict[str, Manifest] = {
    "without a spec": {"metadata": {"resourceVersion": "1"}},
    "with an empty one": {"metadata": {"resourceVersion": "1"}, "spec": {}},
}


@pytest.mark.parametrize("manifest", BARE.values(), ids=BARE)
def test_a_lease_that_nobody_ever_held_is_free(manifest: Manifest) -> None:
    seen = Sight.first(Record.of(manifest), 0)

    assert lease.decide(seen, ME, 0) == "take"
