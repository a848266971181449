"""Credentials of files and folders: `sluice lint`, and `sluice run --local --credentials`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice_cli.main import main

Write = Callable[..., str]

HEAD = """\
apiVersion: sluice.dev/v1alpha1
kind: WorkflowCredential
metadata: {name: api}
spec:
  type: HttpBearer
  secretRef: {name: api}
  config: {defaults: {url: "https://127.0.0.1:9/"}}
---
apiVersion: sluice.dev/v1alpha1
kind: WorkflowCredential
metadata: {name: mail}
spec: {type: Smtp, secretRef: {name: mail}, config: {host: mail.example.com}}
---
apiVersion: sluice.dev/v1alpha1
kind: Workflow
metadata: {name: demo}
spec:
  triggers: [{name: q, queue: {}}]
  steps:
"""
CALL = "{name: call, action: http.get, credential: api}"
WRONG = "{name: call, action: http.get, credential: mail, with: {url: 'https://x.example'}}"
ELSEWHERE = "{name: call, action: http.get, credential: lake, with: {url: 'https://x.example'}}"


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def values(folder: Path, **files: str) -> list[str]:
    """A folder of values, as an option."""
    for path, text in files.items():
        file = folder / "values" / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "values").mkdir(exist_ok=True)
    return ["--credentials", str(folder / "values")]


def test_lint_knows_what_a_credential_of_the_file_gives(write: Write) -> None:
    assert main(["lint", "--strict", write(CALL, head=HEAD)]) == 0


def test_lint_tells_of_a_type_that_the_action_does_not_take(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["lint", write(WRONG, head=HEAD)])

    assert code == 2
    assert (
        "steps[0].credential: 'mail' is of type Smtp, which http.get does not take; "
        "it takes HttpBearer, HttpBasic, HttpApiKey, Webhook [WrongCredential]"
    ) in said(capsys)


def test_lint_says_nothing_of_what_may_be_in_a_cluster(write: Write) -> None:
    assert main(["lint", "--strict", write(ELSEWHERE, head=HEAD)]) == 0


def test_a_run_reads_the_folder_and_its_end_is_told_without_the_value(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = (
        "{name: call, action: http.get, credential: api, "
        "with: {url: 'https://127.0.0.1:9/t0ken-of-ours'}}"
    )
    folder = values(tmp_path, api__token="t0ken-of-ours\n")

    code = main(["run", write(call, head=HEAD), "--local", "-o", "json", *folder])

    made = capsys.readouterr().out
    [step] = json.loads(made)["status"]["steps"]
    assert (code, step["error"]["reason"]) == (1, "EgressRefused")
    assert "t0ken-of-ours" not in made
    assert "GET https://127.0.0.1:9/••••••" in step["error"]["message"]


LACKING = {
    "no file": (CALL, {}, "credential api (HttpBearer) needs {}/api/token, with the value in it"),
    "an empty file": (CALL, {"api__token": "\n"}, "needs {}/api/token"),
    "a value that is too short": (
        CALL,
        {"api__token": "abc"},
        "{}/api/token: is shorter than 4 characters and could not be redacted",
    ),
    "no object that describes it": (
        ELSEWHERE,
        {"lake__token": "t0ken"},
        "steps[0].credential: the file holds no WorkflowCredential 'lake'",
    ),
}


@pytest.mark.parametrize(("step", "files", "message"), LACKING.values(), ids=LACKING)
def test_what_lacks_is_told_before_anything_runs(
    write: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    step: str,
    files: dict[str, str],
    message: str,
) -> None:
    code = main(["run", write(step, head=HEAD), "--local", *values(tmp_path, **files)])

    assert code == 2
    assert message.format(tmp_path / "values") in said(capsys)


def test_a_folder_that_is_not_there_is_named(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", write(CALL, head=HEAD), "--local", "--credentials", "/nowhere"])

    assert (code, "/nowhere: there is no such folder" in said(capsys)) == (2, True)


def test_without_a_folder_the_step_says_how_to_give_one(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", write(CALL, head=HEAD), "--local"])

    assert code == 1
    assert "give --credentials DIR with DIR/api/<field>" in said(capsys)
