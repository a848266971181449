"""The operator's deliveries through a real courier to a real HTTPS receiver, all on loopback."""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sluice_core import names, standard_webhooks, wire
from sluice_courier.app import Metrics, Served, make_app
from sluice_courier.sending import Sender
from sluice_courier.signer import Signer
from sluice_kube import errors, signing
from sluice_kube.resources import Key, Manifest
from sluice_kube.signing import KeyPair, SigningKey
from sluice_operator.courier import Courier
from sluice_operator.deliveries import Deliveries
from sluice_operator.run.observed import Name, read
from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress
from sluice_runner.egress.transport import client
from sluice_runner.server.epoch import Fence
from sluice_runner.server.gate import Gate
from sluice_runner.tokens import Keys, Verifier
from testkit.dispatching import FLOW, a_manifest
from testkit.eventually import until
from testkit.https_server import Answer, Server, serving
from testkit.standard_webhooks import verified

RELEASE = "sluice-system"
SECRET = f"whsec_{b64encode(b'0123456789abcdef01234567').decode()}"
OLD_SECRET = f"whsec_{b64encode(b'76543210fedcba9876543210').decode()}"
END = {"phase": "Failed", "completionTime": "2026-01-31T12:00:00Z", "conditions": []}


@dataclass
class World:
    """A courier that listens, a receiver, and an operator whose clock runs ahead when told to."""

    receiver: Server
    address: str
    key: SigningKey
    own: KeyPair
    http: aiohttp.ClientSession
    ahead: timedelta = timedelta(0)
    writes: list[list[dict[str, Any]]] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def courier(self, epoch: int = 1) -> Courier:
        token = self.key.token(names.COURIER, RELEASE, wire.SCOPE_DELIVER)
        return Courier(self.http, self.address, lambda: token, lambda: epoch)

    async def write_notifications(
        self, name: Name, uid: str, entries: list[dict[str, Any]]
    ) -> bool:
        assert (name.namespace, uid) == ("shop", "run-1")
        self.writes.append(entries)
        self.ahead += timedelta(minutes=11)  # the next attempt is due
        return True

    async def deliver(self, **notification: Any) -> dict[str, Any]:
        """What becomes of the one notification of a run that has failed."""
        deliveries, run = Deliveries(self.courier(), self, self.now), read(a_manifest())
        given = {"url": self.receiver.url("/hook"), "events": ["workflows.run.failed"]}
        deliveries.see(FLOW, {"spec": {"notifications": [given | notification]}})
        deliveries.ending(run, dict(END))
        deliveries.ended(run)
        while deliveries.needs(run.uid):
            deliveries.look()
            before = len(self.writes)
            await until(lambda: len(self.writes) > before, "a write")  # noqa: B023
            await asyncio.sleep(0)
        await deliveries.close()
        return self.writes[-1][0]


@asynccontextmanager
async def courier_at(folder: Path, sender: Sender) -> AsyncIterator[str]:
    audience = names.runner_audience(names.COURIER, RELEASE)
    verifier = Verifier(Keys(folder, time.monotonic), audience, time.time)
    gate = Gate(verifier, Fence(lambda: None), lambda _path, _code: None)
    server = web.AppRunner(make_app(Served(sender.deliver, Metrics()), gate))
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{server.addresses[0][1]}"
    await server.cleanup()


async def secret_of(key: Key) -> Manifest:
    if key != Key("shop", names.WEBHOOKS_SECRET):
        raise errors.NotFound(404, "NotFound", "not there")
    values = {"ops": SECRET, "two": f"{SECRET}\n{OLD_SECRET}\n", "wrong": "whsec_hush"}
    return {"data": {name: b64encode(value.encode()).decode() for name, value in values.items()}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    pair = KeyPair(Ed25519PrivateKey.generate(), None, 0)
    own = KeyPair(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate(), 0)
    for name, pem in signing.public_pems("operator", pair).items():
        (tmp_path / name).write_text(pem)
    guard = Guard(Egress(("127.0.0.1",)))
    async with (
        serving() as receiver,
        client(guard, receiver.trust) as outside,
        aiohttp.ClientSession() as http,
    ):
        sender = Sender(outside, Signer(secret_of, lambda: own), time.time, patience=0.5)
        async with courier_at(tmp_path, sender) as address:
            receiver.answers["/hook"] = Answer(204)
            yield World(receiver, address, SigningKey("operator", pair), own, http)


async def test_a_receiver_that_shares_a_secret_can_verify_it(world: World) -> None:
    entry = await world.deliver(secretKey="ops")

    [request] = world.receiver.received
    assert verified(request.headers, request.body, time.time(), secret=SECRET)
    assert not verified(request.headers, request.body + b" ", time.time(), secret=SECRET)
    assert request.headers["webhook-id"] == entry["id"]
    assert request.headers["content-type"] == "application/json"
    assert (entry["state"], entry["attempts"]) == ("Delivered", 1)


async def test_while_a_secret_is_rotated_both_keys_sign(world: World) -> None:
    await world.deliver(secretKey="two")

    [request] = world.receiver.received
    for secret in (SECRET, OLD_SECRET):
        assert verified(request.headers, request.body, time.time(), secret=secret)


async def test_without_a_secret_the_public_keys_verify_it(world: World) -> None:
    await world.deliver()

    [request] = world.receiver.received
    for key in (world.own.current, world.own.previous):
        assert key is not None
        public = standard_webhooks.public_key(key.public_key().public_bytes_raw())
        assert verified(request.headers, request.body, time.time(), public=public)
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    public = standard_webhooks.public_key(stranger)
    assert not verified(request.headers, request.body, time.time(), public=public)


async def test_a_receiver_that_fails_twice_gets_the_same_again(world: World) -> None:
    answers = [Answer(500, body=b"out of\ndisk"), Answer(500), Answer(200)]
    world.receiver.handle = lambda _: answers.pop(0)

    entry = await world.deliver(secretKey="ops")

    assert (entry["state"], entry["attempts"]) == ("Delivered", 3)
    received = world.receiver.received
    assert len({(one.headers["webhook-id"], one.body) for one in received}) == 1
    assert all(verified(one.headers, one.body, time.time(), secret=SECRET) for one in received)
    assert [entries[0]["state"] for entries in world.writes] == ["Pending", "Pending", "Delivered"]
    assert world.writes[0][0]["message"].endswith("/hook: 500 Status: out of disk")


def _redirect(server: Server) -> Answer:
    return Answer(307, {"Location": server.url("/elsewhere")})


REFUSALS = {
    "it wants no more": (Answer(410), "the receiver wants no more of it"),
    "it leads elsewhere": (_redirect, "redirects are not followed"),
}


@pytest.mark.parametrize(("answer", "words"), REFUSALS.values(), ids=REFUSALS)
async def test_what_cannot_go_better_is_not_tried_again(
    world: World, answer: Any, words: str
) -> None:
    made = answer(world.receiver) if callable(answer) else answer
    world.receiver.answers |= {"/hook": made, "/elsewhere": Answer(200)}

    entry = await world.deliver()

    assert (entry["state"], entry["attempts"]) == ("Failed", 1)
    assert words in entry["message"]
    assert [one.target for one in world.receiver.received] == ["/hook"]


DEAD = {
    "never answers": (Answer(silent=True), {}, "no answer within 0.5 s"),
    "hangs up": (Answer(hang_up=True), {}, "/hook: "),
    "the key is missing": (Answer(200), {"secretKey": "gone"}, "has no key gone"),
    "the key is unusable": (Answer(200), {"secretKey": "wrong"}, "is not whsec_ and base64"),
}


@pytest.mark.parametrize(("answer", "more", "words"), DEAD.values(), ids=DEAD)
async def test_after_an_hour_it_is_given_up_and_the_status_says_why(
    world: World, answer: Answer, more: dict[str, str], words: str
) -> None:
    world.receiver.answers["/hook"] = answer

    entry = await world.deliver(**more)

    assert entry["state"] == "Failed"
    assert 2 < entry["attempts"] <= 16
    assert entry["message"].startswith("given up after an hour")
    assert words in entry["message"]
    assert "hush" not in entry["message"]


INSIDE = {
    "a private address": "https://10.1.2.3/hook?token=s3cret",
    "the metadata service": "https://169.254.169.254/latest",
    "plain text": "http://192.0.2.1/hook",
}


@pytest.mark.parametrize("url", INSIDE.values(), ids=INSIDE)
async def test_what_the_chart_does_not_allow_is_refused_before_a_connection(
    world: World, url: str
) -> None:
    entry = await world.deliver(url=url)

    assert (entry["state"], entry["attempts"]) == ("Failed", 1)
    assert "courier.egress" in entry["message"]
    assert "s3cret" not in str(entry)


async def test_a_url_that_cannot_be_read_ends_neither_the_run_nor_the_courier(world: World) -> None:
    entry = await world.deliver(url="https://[::1/hook")

    assert (entry["state"], entry["attempts"]) == ("Failed", 1)
    assert "correct the notification's url" in entry["message"]


async def test_the_courier_works_for_the_leading_operator_alone(world: World) -> None:
    letter = wire.Letter(id="msg_1", namespace="shop", url=world.receiver.url("/hook"), body="{}")
    runners = world.key.token("workflow-uid", "pod-uid", wire.SCOPE_RUN)
    nobody = Courier(world.http, world.address, lambda: "x.y.z", lambda: 3)
    other = Courier(world.http, world.address, lambda: runners, lambda: 3)

    came = [
        (await one.deliver(letter)).outcome
        for one in (nobody, other, world.courier(epoch=2), world.courier(epoch=1))
    ]

    assert came == ["Again", "Again", "Delivered", "Again"]
    assert [one.method for one in world.receiver.received] == ["POST"]


async def test_without_the_courier_it_is_tried_later(world: World) -> None:
    letter = wire.Letter(id="msg_1", namespace="shop", url=world.receiver.url("/hook"), body="{}")
    away = Courier(world.http, "http://127.0.0.1:1", lambda: "", lambda: 1)

    came = await away.deliver(letter)

    assert came.outcome == "Again"
    assert "sluice-courier does not answer" in came.message
