"""Whose tokens a runner believes."""

import time
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from sluice_core import wire
from sluice_runner.tokens import Caller, InvalidToken, Keys, Verifier
from testkit.signers import AUDIENCE, Signer

OPERATOR, GATEWAY, STRANGER = Signer("operator-1"), Signer("gateway-1"), Signer("operator-1")


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    OPERATOR.publish(tmp_path)
    GATEWAY.publish(tmp_path)
    return tmp_path


def a_verifier(keys: Path, clock: Callable[[], float] = time.time) -> Verifier:
    return Verifier(Keys(keys, clock), AUDIENCE, clock)


GOOD = {
    "the operator runs": (OPERATOR, "run"),
    "the operator reads": (OPERATOR, "read"),
    "the gateway reads": (GATEWAY, "read"),
}


@pytest.mark.parametrize(("signer", "scope"), GOOD.values(), ids=GOOD)
def test_a_good_token_names_its_caller(keys: Path, signer: Signer, scope: str) -> None:
    caller = a_verifier(keys).verify(signer.token(scope))

    assert (caller.issuer, caller.scope) == (signer.kid.partition("-")[0], scope)


def unsigned() -> str:
    claims = {"aud": AUDIENCE, "scope": "run", "iat": time.time(), "exp": time.time() + 60}
    return jwt.encode(claims, None, algorithm="none", headers={"kid": OPERATOR.kid})


def signed_with_the_public_key() -> str:
    claims = {"aud": AUDIENCE, "scope": "run", "iat": time.time(), "exp": time.time() + 60}
    secret = OPERATOR.key.public_key().public_bytes_raw()
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": OPERATOR.kid})


BAD: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token at all": lambda: "sk_live_123",
    "another key under a known id": STRANGER.token,
    "a key nobody published": Signer("operator-2").token,
    "an issuer nobody knows": Signer("courier-1").token,
    "a path for a key id": Signer("../operator-1").token,
    "no signature": unsigned,
    "the public key as an HMAC secret": signed_with_the_public_key,
    "another pod": lambda: OPERATOR.token(aud="workflow-uid/other-pod"),
    "another workflow": lambda: OPERATOR.token(aud="other/pod-uid"),
    "no audience": lambda: OPERATOR.token(aud=None),
    "expired": lambda: OPERATOR.token(iat=time.time() - 70, exp=time.time() - 10),
    "not yet issued": lambda: OPERATOR.token(iat=time.time() + 30, exp=time.time() + 60),
    "no expiry": lambda: OPERATOR.token(exp=None),
    "no time of issue": lambda: OPERATOR.token(iat=None),
    "an expiry that is no number": lambda: OPERATOR.token(exp="soon"),
    "lives too long": lambda: OPERATOR.token(exp=time.time() + 3600),
    "lives too long and says it is old": lambda: OPERATOR.token(
        iat=time.time() - 3600, exp=time.time() + 50
    ),
    "no scope": lambda: OPERATOR.token(scope=None),  # type: ignore[arg-type]
    "a scope that does not exist": lambda: OPERATOR.token("admin"),
    "a scope that is a list": lambda: OPERATOR.token(["run"]),  # type: ignore[arg-type]
    "the gateway runs": lambda: GATEWAY.token("run"),
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused(keys: Path, token: Callable[[], str]) -> None:
    Signer("courier-1").publish(keys)

    with pytest.raises(InvalidToken) as refused:
        a_verifier(keys).verify(token())

    assert str(refused.value)


def test_an_unknown_issuer_signs_for_no_scope(keys: Path) -> None:
    courier = Signer("courier-2")
    courier.publish(keys)

    with pytest.raises(InvalidToken, match="courier"):
        a_verifier(keys).verify(courier.token("read"))


def test_a_known_token_is_not_checked_again_until_it_expires(keys: Path) -> None:
    clock = Clock()
    verifier = a_verifier(keys, clock)
    token = OPERATOR.token()
    first = verifier.verify(token)

    (keys / "operator-1.pem").unlink()
    clock.now += 59

    assert verifier.verify(token) is first
    clock.now += 2
    with pytest.raises(InvalidToken):
        verifier.verify(token)


def test_a_key_that_arrives_later_is_found_but_looked_for_once_a_second(tmp_path: Path) -> None:
    clock = Clock()
    keys = Keys(tmp_path, clock)
    before = keys.find("operator-1")
    OPERATOR.publish(tmp_path)

    clock.now += 0.9
    too_early = keys.find("operator-1")
    clock.now += 0.1
    then = keys.find("operator-1")

    assert (before, too_early) == (None, None)
    assert then is not None


def test_a_withdrawn_key_is_forgotten_within_a_minute(keys: Path) -> None:
    clock = Clock()
    known = Keys(keys, clock)
    before = known.find("operator-1")

    (keys / "operator-1.pem").unlink()
    clock.now += 60

    assert before is not None
    assert known.find("operator-1") is None


def test_a_broken_key_file_does_not_hide_the_others(
    keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (keys / "gateway-9.pem").write_text("nonsense")

    caller = a_verifier(keys).verify(OPERATOR.token())

    assert caller.issuer == "operator"
    assert "gateway-9.pem" in caplog.text


def test_ever_new_tokens_do_not_fill_the_memory(keys: Path) -> None:
    verifier = a_verifier(keys)

    callers = [verifier.verify(OPERATOR.token(jti=str(n))) for n in range(300)]

    assert {type(caller) for caller in callers} == {Caller}
    assert len(verifier._known) <= 256


def test_tokens_live_no_longer_than_the_contract_says(keys: Path) -> None:
    now = time.time()

    caller = a_verifier(keys).verify(OPERATOR.token(iat=now, exp=now + wire.TOKEN_SECONDS))

    assert caller.expires <= now + wire.TOKEN_SECONDS
