"""What a signing key signs, and when a new one takes over."""

import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sluice_core import names, wire
from sluice_kube import signing
from sluice_kube.signing import KeyPair, SigningKey
from sluice_runner.tokens import Keys, Verifier

NOW = 1_700_000_000


class Clock:
    """Seconds that a test moves."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def a_key(clock: Clock) -> SigningKey:
    pair = KeyPair(Ed25519PrivateKey.generate(), None, NOW - 1000)
    return SigningKey("operator", pair, clock)


def decoded(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_a_token_is_for_one_pod_and_one_minute() -> None:
    key = a_key(Clock(NOW + 0.7))

    token = key.token("workflow-uid", "pod-uid", wire.SCOPE_RUN)

    assert decoded(token) == {
        "aud": names.runner_audience("workflow-uid", "pod-uid"),
        "scope": "run",
        "iat": NOW,
        "exp": NOW + 60,
    }
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "EdDSA"
    assert header["kid"] == signing.key_id("operator", key.pair.current.public_key())


def test_a_token_is_used_again_for_half_a_minute() -> None:
    clock = Clock()
    key = a_key(clock)
    first = key.token("w", "p", "run")

    clock.now += 29.9
    second = key.token("w", "p", "run")
    clock.now += 0.1
    third = key.token("w", "p", "run")

    assert first is second
    assert third != first
    assert decoded(third)["exp"] == NOW + 90


@pytest.mark.parametrize("other", [("w", "q", "run"), ("v", "p", "run"), ("w", "p", "read")])
def test_no_token_is_used_for_another_purpose(other: tuple[str, str, str]) -> None:
    key = a_key(Clock())

    assert key.token(*other) != key.token("w", "p", "run")


def test_many_pods_do_not_fill_the_memory() -> None:
    clock = Clock()
    key = a_key(clock)
    key._tokens = {("w", str(n), "run"): (NOW - 31, "old") for n in range(20_000)}

    key.token("w", "new", "run")

    assert list(key._tokens) == [("w", "new", "run")]


def test_the_previous_key_signs_until_the_new_one_has_reached_the_runners() -> None:
    clock = Clock()
    old = a_key(clock).pair
    key = SigningKey("operator", old.rotated(NOW), clock)

    clock.now = NOW + signing.PUBLISHED_SECONDS - 1
    early = jwt.get_unverified_header(key.token("w", "p", "run"))["kid"]
    clock.now = NOW + signing.PUBLISHED_SECONDS + 30
    late = jwt.get_unverified_header(key.token("w", "p", "run"))["kid"]

    assert early == signing.key_id("operator", old.current.public_key())
    assert late == signing.key_id("operator", key.pair.current.public_key())


def test_a_runner_believes_what_is_published(tmp_path: Path) -> None:
    clock = Clock(time.time())  # PyJWT reads the system's clock
    pair = KeyPair(Ed25519PrivateKey.generate(), None, NOW).rotated(NOW)
    key = SigningKey("gateway", pair, clock)
    for name, pem in signing.public_pems("gateway", pair).items():
        (tmp_path / name).write_text(pem)

    token = key.token("workflow-uid", "pod-uid", wire.SCOPE_READ)
    audience = names.runner_audience("workflow-uid", "pod-uid")
    caller = Verifier(Keys(tmp_path, clock), audience, clock).verify(token)

    assert (caller.issuer, caller.scope) == ("gateway", "read")
