"""Credentials from files, as the kubelet lays them out."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from sluice_core import credentials, mounts
from sluice_core.mounts import Mount
from sluice_runner.actions.action import StepFailed
from sluice_runner.secrets import Secrets, Survey

BASIC = Mount(type="HttpBasic", secret="ftp-login", keys={"password": "pw"})
SLACK = Mount(type="Slack", secret="chat")


class Volume:
    """A projected volume: files in a folder of their own, and a link that is turned to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def bring(self, files: dict[str, str | bytes], **config: dict[str, Any]) -> None:
        self._count += 1
        made = self.folder / f"..v{self._count}"
        all_files = files | {mounts.config_file(n): orjson.dumps(c) for n, c in config.items()}
        for path, content in all_files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_bytes(content.encode() if isinstance(content, str) else content)
        (self.folder / "..new").symlink_to(made.name)
        (self.folder / "..new").replace(self.folder / "..data")


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


def secrets(volume: Volume, learnt: list[str] | None = None, **mounted: Mount) -> Secrets:
    known = [] if learnt is None else learnt
    return Secrets(volume.folder, mounted, known.extend)


def failure(read: Secrets, name: str) -> tuple[str, str, str]:
    with pytest.raises(StepFailed) as failed:
        read(name)
    return failed.value.failure, failed.value.reason, failed.value.message


def test_a_credential_is_what_its_files_say_at_that_moment(volume: Volume) -> None:
    learnt: list[str] = []
    read = secrets(volume, learnt, ftp=BASIC)
    volume.bring({"ftp/username": "ada", "ftp/password": "first-one\n"}, ftp={})

    before = read("ftp")
    volume.bring({"ftp/username": "bob", "ftp/password": "second one\r\n"}, ftp={})
    after = read("ftp")

    assert before == credentials.HttpBasic(username="ada", password="first-one")
    assert after == credentials.HttpBasic(username="bob", password="second one")
    assert {"first-one", "second one"} <= set(learnt)


def test_lines_of_a_key_are_left_as_they_are(volume: Volume) -> None:
    key = "-----BEGIN\nabc\n-----END\n"
    volume.bring({"a/password": key, "a/username": "ada"}, a={})

    made = secrets(volume, a=BASIC)("a")

    assert isinstance(made, credentials.HttpBasic)
    assert made.password.get_secret_value() == key


def test_a_missing_key_is_told_with_its_secret_and_what_needs_it(volume: Volume) -> None:
    volume.bring({"ftp/username": "ada"}, ftp={})

    failed = failure(secrets(volume, ftp=BASIC), "ftp")

    assert failed[:2] == ("Permanent", "CredentialMissing")
    assert failed[2] == (
        "Secret ftp-login has no key pw, or nothing in it, which credential ftp (HttpBasic) needs"
    )


def test_of_several_keys_that_would_do_all_are_told(volume: Volume) -> None:
    volume.bring({}, chat={})

    _, _, message = failure(secrets(volume, chat=SLACK), "chat")

    assert message.startswith("Secret chat has none of the keys webhookUrl, botToken")


def test_a_value_that_cannot_be_used_is_told_without_it(volume: Volume) -> None:
    volume.bring({"ftp/username": "ada", "ftp/password": "xyz"}, ftp={})

    _, reason, message = failure(secrets(volume, ftp=BASIC), "ftp")

    assert reason == "CredentialInvalid"
    assert message == (
        "Secret ftp-login, key pw, credential ftp: "
        "is shorter than 4 characters and could not be redacted"
    )


def test_bytes_that_are_no_text_are_refused(volume: Volume) -> None:
    volume.bring({"ftp/username": "ada", "ftp/password": b"\xff\xfe\x00\x01"}, ftp={})

    _, reason, message = failure(secrets(volume, ftp=BASIC), "ftp")

    assert (reason, message.endswith("is no text in UTF-8")) == ("CredentialInvalid", True)


def test_a_credential_that_does_not_exist_is_named(volume: Volume) -> None:
    _, reason, message = failure(secrets(volume), "ftp")

    assert (reason, "no WorkflowCredential ftp" in message) == ("CredentialMissing", True)


def test_a_configuration_on_its_way_is_worth_another_attempt(volume: Volume) -> None:
    volume.bring({"ftp/username": "ada", "ftp/password": "secret"})

    failure_class, reason, _ = failure(secrets(volume, ftp=BASIC), "ftp")

    assert (failure_class, reason) == ("Transient", "CredentialMissing")


def test_a_survey_tells_of_all_and_follows_what_the_kubelet_brings(volume: Volume) -> None:
    read = secrets(volume, ftp=BASIC, chat=SLACK)
    volume.bring({"ftp/password": "xyz", "ftp/username": "ada"}, ftp={}, chat={})

    before = read.survey()
    volume.bring(
        {"ftp/password": "long enough", "ftp/username": "ada", "chat/botToken": "xoxb-1"},
        ftp={},
        chat={},
    )

    assert before == Survey(
        ("chat/webhookUrl|botToken",),
        ("ftp/password: is shorter than 4 characters and could not be redacted",),
    )
    assert read.survey() == Survey()
