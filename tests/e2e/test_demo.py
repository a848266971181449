"""The demo that the README promises: what it prints, from the first apply to the wrong inputs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.e2e import kubectl

DEMO = Path(__file__).parents[2] / "examples" / "demo" / "run"
NAMESPACE = "sluice-demo"


@pytest.fixture(scope="module")
def printed(installed: None) -> str:
    """What the demo says, with its exit code 0; the demo is cleared away first."""
    kubectl.run("delete", "namespace", NAMESPACE, "--ignore-not-found", seconds=120)
    done = subprocess.run(
        [DEMO],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    kubectl.run("delete", "namespace", NAMESPACE, "--wait=false")
    kubectl.run("delete", "workflowplan", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


SHOWN = {
    "the result of the trigger": '"status":"succeeded"',
    "the table of steps, with the port that was taken": "whole       Succeeded",
    "the branch that was not taken": "incomplete  Skipped",
    "the output": '"codes": "NA NC NE NF NG NI NU NL NO NP NR NZ", "sent": 12',
    "what the second server got": '{"code":"NA","name":"Namibia"}',
    "the manifest that is refused": "idleTimeoutMinutes is for policy IdleShutdown, remove it",
    "the cycle, step by step": "first → second → first",
    "the missing input, by its path": '"path":"inputs.letter"',
    "that the run succeeded": "is Succeeded",
    "where to look further": "describe workflow countries",
}


@pytest.mark.parametrize("words", SHOWN.values(), ids=SHOWN)
def test_the_demo_shows(printed: str, words: str) -> None:
    assert words in printed
