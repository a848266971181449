"""`sluice trigger`, `cancel`, `stop`, `start` do in a cluster what their help says."""

import subprocess
import sys

import pytest

from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting, a_step, a_workflow
from testkit.e2e.space import Space


@pytest.fixture(scope="module", autouse=True)
def _workflows(here: Space) -> None:
    here.deploy(
        a_greeting(),
        a_workflow("slow", a_step("pause", "wait", seconds=300)),
    )


def sluice(here: Space, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sluice_cli.main", *words, "-n", here.namespace]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_run_that_succeeds_shows_its_output(here: Space) -> None:
    done = sluice(here, "trigger", "hello", "--inputs", '{"name": "Ada"}', "--wait")

    assert done.returncode == 0, done.stderr
    assert "Succeeded" in done.stdout
    assert "Hello, Ada!" in done.stdout


def test_a_run_that_fails_says_why(here: Space) -> None:
    done = sluice(here, "trigger", "hello", "--wait")

    assert done.returncode == 1
    assert "name: is required" in done.stdout


def test_what_the_api_server_refuses_is_said_in_its_words(here: Space) -> None:
    done = sluice(here, "trigger", "Not_A_Name")

    assert done.returncode == 2
    assert "spec.workflow" in done.stderr


def test_cancelling_ends_the_run(here: Space) -> None:
    started = sluice(here, "trigger", "slow").stdout.split(":")[0]

    done = sluice(here, "cancel", started)

    assert done.returncode == 0, done.stderr
    assert here.ended(started)["phase"] == "Cancelled"


def test_stop_and_start_are_for_the_runner(here: Space) -> None:
    stopped = sluice(here, "stop", "hello")
    here.is_at("hello", "Stopped")
    started = sluice(here, "start", "hello")
    here.is_at("hello", "Running")

    assert (stopped.returncode, started.returncode) == (0, 0), stopped.stderr + started.stderr


def version(flow: kubectl.Manifest) -> int | None:
    return flow.get("status", {}).get("version")


def test_a_version_is_tagged_and_rolled_back_to(here: Space) -> None:
    def saying(word: str) -> None:
        template = {"said": word}
        here.deploy(a_workflow("versions", a_step("say", "transform", template=template)))

    saying("old")
    tagged = sluice(here, "tag", "versions", "v1.0.0", "--description", "the first")
    saying("new")
    listed = sluice(here, "versions", "versions")
    back = sluice(here, "rollback", "versions", "v1.0.0")
    kubectl.see(here.namespace, "workflows", "versions", lambda seen: version(seen) == 3)
    ran = sluice(here, "trigger", "versions", "--wait")

    assert tagged.returncode == 0, tagged.stderr
    assert [line.split("\t")[0] for line in listed.stdout.splitlines()] == ["1", "2"]
    assert "v1.0.0\tthe first" in listed.stdout
    assert back.returncode == 0, back.stderr
    assert '"said":"old"' in ran.stdout


def test_a_version_that_is_not_there(here: Space) -> None:
    done = sluice(here, "rollback", "hello", "v9")

    assert done.returncode == 2
    assert "hello has no version v9" in done.stderr
