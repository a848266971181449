import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import yaml

from sluice_cli.main import main
from sluice_core.api.run import WorkflowRun

Write = Callable[..., str]

DOUBLE = '{name: double, action: transform, with: {template: "{{ inputs.n * 2 }}"}}'
TELL = '{name: tell, action: log, with: {message: "it is {{ data }}"}}'
FAIL = "{name: stop, action: fail, with: {message: no orders}}"
WAIT = "{name: pause, action: wait, with: {seconds: 60}}"


def run(file: str, *options: str) -> int:
    return main(["run", file, "--local", "--inputs", '{"n": 21}', *options])


def test_each_step_is_told_and_then_the_end(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(write(DOUBLE, TELL))

    words = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [line[:3] for line in words[:1]] == [["✓", "double", "Succeeded"]]
    assert words[1] == ["tell:", "info:", "it", "is", "42"]
    assert words[-2][0] == "Succeeded"
    assert words[-1] == ["output:", '"it', "is", '42"']


def test_json_is_exactly_one_run_that_the_api_would_take(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    run(write(DOUBLE, TELL), "-o", "json")

    made = json.loads(capsys.readouterr().out)
    parsed = WorkflowRun.parse(made)
    assert (parsed.spec.workflow, parsed.status.phase) == ("demo", "Succeeded")
    assert [step["name"] for step in made["status"]["steps"]] == ["double", "tell"]
    assert made["status"]["output"] == "it is 42"


def test_yaml_says_the_same(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    run(write(DOUBLE), "-o", "yaml")

    assert yaml.safe_load(capsys.readouterr().out)["status"]["output"] == 42


def test_a_run_that_fails(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(write(FAIL))

    assert code == 1
    assert "step stop: no orders" in capsys.readouterr().out


def test_inputs_from_a_file(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inputs.json").write_text('{"n": 4}')

    run(write(DOUBLE), "--inputs", f"@{tmp_path}/inputs.json", "-o", "json")

    assert json.loads(capsys.readouterr().out)["status"]["output"] == 8


def test_entities(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    step = '{name: a, action: log, with: {message: "{{ entity.id }}"}}'

    code = run(write(step), "--entities", "o-1, o-2", "-o", "json")

    status = json.loads(capsys.readouterr().out)["status"]
    assert code == 0
    assert status["progress"] == {"total": 2, "completed": 2, "failed": 0}


INVALID = {
    "a workflow that is wrong": (
        ["{name: a, action: lgo}"],
        '{"n": 1}',
        "no action is named 'lgo'",
    ),
    "inputs that are wrong": ([DOUBLE], "{}", "error: inputs.n: is required"),
    "inputs that are no JSON": ([DOUBLE], "{", "error: --inputs: no JSON"),
    "inputs that are no object": ([DOUBLE], "[1]", "error: --inputs: the inputs are an object"),
    "inputs that are not there": ([DOUBLE], "@/nope", "error: /nope: "),
    "inputs that are not a number": ([DOUBLE], '{"n": NaN}', "error: inputs: not expressible"),
    "inputs nested without end": ([DOUBLE], "[" * 100_000, "error: --inputs: no JSON"),
}


@pytest.mark.parametrize(("steps", "given", "message"), INVALID.values(), ids=INVALID)
def test_what_is_refused_before_it_runs(
    write: Write, capsys: pytest.CaptureFixture[str], steps: list[str], given: str, message: str
) -> None:
    code = main(["run", write(*steps), "--local", "--inputs", given])

    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert message in captured.err


def test_one_of_several_workflows_is_chosen_by_name(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(DOUBLE)
    text = Path(file).read_text()
    Path(file).write_text(text + "---\n" + text.replace("name: demo", "name: other"))

    assert run(file) == 2
    assert "choose one workflow with --name: demo, other" in capsys.readouterr().err
    assert run(file, "--name", "other") == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_the_run_and_its_end_is_told(write: Write, number: int) -> None:
    file = write(DOUBLE, WAIT)
    command = [sys.executable, "-m", "sluice_cli.main", "run", file, "--local"]
    with subprocess.Popen(
        [*command, "--inputs", '{"n": 1}'], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        process.send_signal(number)

        out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "pause" in out
    assert "Cancelled in" in out


def test_watch_runs_again_when_the_file_has_changed(write: Write) -> None:
    file = write("{name: a, action: log, with: {message: first}}")
    command = [sys.executable, "-m", "sluice_cli.main", "run", file, "--local", "--watch"]
    with subprocess.Popen(
        [*command, "--inputs", '{"n": 1}'], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert _until(process.stdout, "output:") == 'output: "first"'

        write("{name: a, action: log, with: {message: second}}")

        assert _until(process.stdout, "output:") == 'output: "second"'
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130


def _until(lines: IO[str], start: str) -> str:
    return next(line.strip() for line in lines if line.startswith(start))
