"""What a candidate does about the Lease that it sees. Reads no clock, calls no API.

The epoch is the Lease's `leaseTransitions`: it grows each time that another holder takes over.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self

from sluice_kube.resources import LEASES, Key, Manifest

MICROTIME = "%Y-%m-%dT%H:%M:%S.%fZ"
# A Lease that was deleted and made anew must not take the epoch back, as runners refuse lower
# ones: a new one starts from the seconds since then, which fit into its int32 until 2092.
EPOCH_ZERO = datetime(2024, 1, 1, tzinfo=UTC)

DEAF_SECONDS = 2.0

Move = Literal["create", "renew", "take", "wait"]


@dataclass(frozen=True)
class Record:
    """A Lease as read; the holder is "" when it was released."""

    holder: str
    seconds: float
    epoch: int
    version: str
    acquired: str

    @classmethod
    def of(cls, lease: Manifest) -> Self:
        """The record in a live Lease, whatever of it another client left out."""
        spec = lease.get("spec", {})
        return cls(
            holder=spec.get("holderIdentity", ""),
            seconds=spec.get("leaseDurationSeconds", 0),
            epoch=spec.get("leaseTransitions", 0),
            version=lease["metadata"]["resourceVersion"],
            acquired=spec.get("acquireTime", ""),
        )


@dataclass(frozen=True)
class Sight:
    """A record, None for no Lease, since when this candidate has seen it, and its latest look.

    All on the candidate's own clock: the times inside a Lease are another machine's and prove
    nothing.
    """

    record: Record | None
    since: float
    looked: float

    @classmethod
    def first(cls, record: Record | None, now: float) -> Self:
        """Seen for the first time."""
        return cls(record, now, now)

    def again(self, record: Record | None, now: float) -> "Sight":
        """The sight after one more look.

        The holder's silence counts from when something last changed, and only while this
        candidate could have heard it: an API server that was away kept the holder from renewing
        too, and its first moments back are the holder's.
        """
        if record != self.record or now - self.looked > DEAF_SECONDS:
            return Sight.first(record, now)
        return Sight(record, self.since, now)

    def expires(self) -> float:
        """When the holder has been silent for as long as it promised not to be."""
        return self.since + (self.record.seconds if self.record else 0)


def decide(seen: Sight, identity: str, now: float) -> Move:
    """What to do now."""
    if seen.record is None:
        return "create"
    if seen.record.holder == identity:
        return "renew"
    if not seen.record.holder or now >= seen.expires():
        return "take"
    return "wait"


def superseded(record: Record | None, identity: str, led: int) -> bool:
    """Whether somebody else has led since we did, in epoch `led` (0: we never did)."""
    if record is None or not led:
        return False
    return record.epoch > led or record.holder not in ("", identity)


def made(key: Key, identity: str, seconds: int, led: int, now: datetime) -> Manifest:
    """A Lease that does not exist yet; its epoch is above any that the deleted one can have had."""
    epoch = max(int((now - EPOCH_ZERO).total_seconds()), led + 1)
    spec = {**_held(identity, seconds, now), "acquireTime": _time(now), "leaseTransitions": epoch}
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"namespace": key.namespace, "name": key.name},
        "spec": spec,
    }


def kept(record: Record, identity: str, seconds: int, now: datetime) -> Manifest:
    """The patch that renews, or takes over; a 409 when the record has changed meanwhile."""
    spec = _held(identity, seconds, now)
    if record.holder != identity:
        spec |= {"acquireTime": _time(now), "leaseTransitions": record.epoch + 1}
    return {"metadata": {"resourceVersion": record.version}, "spec": spec}


def released(record: Record, now: datetime) -> Manifest:
    """The patch that gives the Lease back, so that nobody has to wait for it to expire."""
    return {"metadata": {"resourceVersion": record.version}, "spec": _held("", 1, now)}


def _held(identity: str, seconds: int, now: datetime) -> Manifest:
    return {
        "holderIdentity": identity,
        "leaseDurationSeconds": seconds,
        "renewTime": _time(now),
    }


def _time(now: datetime) -> str:
    return now.strftime(MICROTIME)
