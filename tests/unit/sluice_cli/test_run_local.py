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


CHILD = "{{name: child, action: workflow.run, with: {{workflow: {}, inputs: {}{}}}}}"


def with_child(write: Write, step: str, *steps: str) -> str:
    """A file with a workflow of this step, and one that is called `other`."""
    text = Path(write(*steps, name="other.yaml")).read_text()
    file = write(step)
    Path(file).write_text(
        Path(file).read_text() + "---\n" + text.replace("name: demo", "name: other")
    )
    return file


def test_a_workflow_of_the_same_file_is_run_as_a_child(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = with_child(write, CHILD.format("other", '{n: "{{ inputs.n }}"}', ""), DOUBLE)

    code = run(file, "--name", "demo", "-o", "json")

    output = json.loads(capsys.readouterr().out)["status"]["output"]
    assert code == 0
    assert output == {"run": "other-local", "phase": "Succeeded", "output": 42, "truncated": False}


def test_the_steps_of_a_child_are_told_under_its_name(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    run(with_child(write, CHILD.format("other", "{n: 1}", ""), DOUBLE), "--name", "demo")

    lines = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == [["other", "✓", "double"], ["✓", "child", "Succeeded"]]


def test_a_child_that_nobody_waits_for_ends_before_the_command_does(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    pause = "{name: pause, action: wait, with: {seconds: 0.05}}"
    child = CHILD.format("other", "{n: 1}", ", wait: false")

    run(with_child(write, child, pause), "--name", "demo")

    lines = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == [["✓", "child", "Succeeded"], ["other", "✓", "pause"]]


CHILDREN: dict[str, tuple[str, list[str], str]] = {
    "a child that fails": ("other", [FAIL], "run other-local failed: step stop: no orders"),
    "inputs that the child does not take": ("other, inputs: {}", [DOUBLE], "inputs.n: is required"),
    "a child that is wrong": ("other", ["{name: a, action: lgo}"], "no action is named 'lgo'"),
    "a child of another file": ("othr", [DOUBLE], "did you mean 'other'?"),
    "itself": ("demo", [DOUBLE], "workflows run each other: demo → demo"),
    "a circle": (
        "other",
        ["{name: back, action: workflow.run, with: {workflow: demo}}"],
        "workflows run each other: demo → other → demo",
    ),
}


@pytest.mark.parametrize(("child", "steps", "said"), CHILDREN.values(), ids=CHILDREN)
def test_a_child_that_does_not_succeed_fails_the_step(
    write: Write, capsys: pytest.CaptureFixture[str], child: str, steps: list[str], said: str
) -> None:
    given = "" if "inputs" in child else ", inputs: {n: 1}"
    step = f"{{name: child, action: workflow.run, with: {{workflow: {child}{given}}}}}"

    code = run(with_child(write, step, *steps), "--name", "demo")

    assert code == 1
    assert said in capsys.readouterr().out


def test_an_interrupt_cancels_children_too(write: Write) -> None:
    file = with_child(write, CHILD.format("other", "{n: 1}", ", wait: false"), WAIT)
    command = [sys.executable, "-m", "sluice_cli.main", "run", file, "--local", "--name", "demo"]
    with subprocess.Popen(
        [*command, "--inputs", '{"n": 1}'], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        process.send_signal(signal.SIGINT)

        out, _ = process.communicate(timeout=10)
    assert "other ■ pause" in out


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


TOOL = """\
---
apiVersion: sluice.dev/v1alpha1
kind: WorkflowAction
metadata: {name: resize}
spec:
  container: {image: "resize:1", args: ["{{ config.width }}"]}
  config: {type: object, required: [width]}
"""


def test_an_action_of_the_same_file_is_known_and_a_container_needs_a_cluster(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("{name: small, action: resize, with: {width: 16}}")
    with Path(file).open("a") as opened:
        opened.write(TOOL)

    code = run(file, "-o", "json")

    made = json.loads(capsys.readouterr().out)
    assert code == 1
    assert made["status"]["steps"][0]["error"]["reason"] == "NeedsCluster"
