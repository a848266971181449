"""No hostile target gets a connection, where every address has somebody listening."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from testkit.hostile.protocols import ATTEMPTS, BOUNCES, REBOUND
from testkit.hostile.targets import HOSTILE, REBINDING

ALL = [*HOSTILE, *REBINDING, *ATTEMPTS, *REBOUND, *(f"bounce to {what}" for what in BOUNCES)]

TESTS = Path(__file__).parents[3]
REFUSALS = {"EgressRefused", "InvalidUrl"}
PROXIES = {
    name: "http://127.0.0.1:3128"
    for lower in ("http_proxy", "https_proxy", "all_proxy")
    for name in (lower, lower.upper())
}
Outcome = dict[str, tuple[str, list[str]]]  # the reason, and what the listeners met


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    alone = ["unshare", "--net", "--mount"]
    if os.geteuid() != 0:
        alone += ["--user", "--map-root-user"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        message = "the egress corpus needs a network namespace: root, or user namespaces"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    room = subprocess.run(
        [*alone, sys.executable, "-m", "testkit.hostile.room"],
        check=False,
        capture_output=True,
        timeout=120,
        cwd=TESTS,
        env=os.environ | PROXIES | {"PYTHONPATH": str(TESTS)},
    )
    assert room.returncode == 0, room.stderr.decode()
    return {what: (reason, met) for what, (reason, met) in orjson.loads(room.stdout).items()}


def test_the_listeners_would_have_noticed(outcome: Outcome) -> None:
    assert outcome["control"] == ("ConnectionFailed", ["8.8.8.8 443"])
    assert outcome["control without a guard"][1] == ["169.254.169.254 80"]


@pytest.mark.parametrize("what", ALL)
def test_a_hostile_target_is_refused_without_a_connection(outcome: Outcome, what: str) -> None:
    reason, connections = outcome[what]

    assert reason in REFUSALS
    assert connections == []


@pytest.mark.parametrize("what", REBINDING)
def test_a_name_is_resolved_once_and_used_as_it_was_judged(outcome: Outcome, what: str) -> None:
    _, connections = outcome[f"before {what}"]

    assert connections == ["8.8.8.8 443"]


PORTS = {"SMTP": 465, "SFTP": 22, "PostgreSQL": 5432, "MySQL": 3306}


@pytest.mark.parametrize("what", REBOUND)
def test_other_protocols_use_a_name_as_it_was_judged(outcome: Outcome, what: str) -> None:
    _, connections = outcome[f"before {what}"]

    assert connections == [f"8.8.8.8 {PORTS[what.split(maxsplit=1)[0]]}"]


def test_the_corpus_is_large() -> None:
    assert len(HOSTILE) >= 120
    assert len(ALL) >= 800
