"""examples/actions/: one file for each action, which lints and gives what its comment says."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from sluice_cli.main import main
from sluice_core.catalog import CATALOG
from testkit.examples import FOLDER, given_by, text_of, words_of
from testkit.https_server import Answer, serving

API = "https://api.example.com"
JSON = {"Content-Type": "application/json"}
ANSWERS = {
    "http.get": Answer(200, JSON, b'[{"id": "o-1"}, {"id": "o-2"}]'),
    "http.post": Answer(201, JSON, b'{"id": "o-3"}'),
    "http.put": Answer(204),
    "http.patch": Answer(200, JSON, b'{"id": "o-1", "paid": true}'),
    "http.delete": Answer(404),
}
ELSEWHERE = {
    "container",  # e2e/test_container.py
    "ai.extract", "ai.generate",  # test_ai_examples.py
    "discord.send", "slack.send", "sms.send", "teams.send",  # services/test_vendor_examples.py
    "azureblob.upload", "box.upload", "dropbox.upload", "s3.download", "s3.upload",  # there too
    "email.send", "ftp.upload", "sftp.upload", "sql.query",  # services/test_connected_examples.py
}  # fmt: skip
LOCAL = sorted(CATALOG.keys() - ANSWERS.keys() - ELSEWHERE)


def command_of(text: str, file: Path) -> list[str]:
    """The command of the comment, on another file."""
    words = words_of(text)
    return [words[0], str(file), *words[2:], "-o", "json"]


def test_each_action_has_its_example() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CATALOG)


@pytest.mark.parametrize("action", CATALOG)
def test_an_example_has_nothing_to_complain_of_and_shows_its_action(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["lint", "--strict", str(FOLDER / f"{action}.yaml")])

    assert (code, capsys.readouterr().err) == (0, "")
    assert f"action: {action}\n" in text_of(action)
    assert f"sluice run examples/actions/{action}.yaml " in text_of(action)


@pytest.mark.parametrize("action", LOCAL)
def test_an_example_gives_what_it_says(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of(action)

    code = main(command_of(text, FOLDER / f"{action}.yaml"))

    made = json.loads(capsys.readouterr().out)
    assert (code, made["status"]["output"]) == (0, given_by(text))


@pytest.mark.parametrize("action", ANSWERS)
async def test_an_example_gives_what_it_says_of_a_server(action: str, tmp_path: Path) -> None:
    text, file = text_of(action), tmp_path / "flow.yaml"
    async with serving(tls=False) as server:
        for path in ("/orders", "/orders/o-1", "/orders/o-9"):
            server.answers[path] = ANSWERS[action]
        allowed = f"spec:\n  egress: {{allow: ['127.0.0.1:{server.port}']}}\n"
        file.write_text(text.replace(API, server.url("")).replace("spec:\n", allowed, 1))

        words = [sys.executable, "-m", "sluice_cli.main", *command_of(text, file)]
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()

    assert (process.returncode, json.loads(out)["status"]["output"]) == (0, given_by(text)), out
    assert [request.method for request in server.received] == [action[5:].upper()]
