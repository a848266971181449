"""ftp.upload and sftp.upload: a file that nobody sees before it is whole."""

from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from sluice_core.catalog.action import ActionType, Params
from sluice_core.wire import FailureClass

FAILURES: tuple[FailureClass, ...] = ("Transient", "Timeout", "RateLimited", "Permanent")


def _a_file(path: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        raise ValueError("must not contain line ends or other control characters")
    if {".", ".."} & set(path.split("/")):
        raise ValueError("no part of it may be . or .., which would lead elsewhere")
    if path.endswith("/") or "//" in path:
        raise ValueError("is not the path of a file, such as /reports/today.csv")
    return path


class UploadToServerParams(Params):
    """`content` is a text, `{base64, contentType}` of another step, or data, which goes as JSON.

    It is written under another name and renamed at its end, in place of a file that was there
    before. The output is `{path, bytes}`.
    """

    path: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_a_file)]
    content: JsonValue
    mkdirs: Annotated[
        bool, Field(strict=True, description="make the folders of the path that are missing")
    ] = False


def _upload(name: str, title: str, credential: str, *reaches: int) -> ActionType:
    return ActionType(
        name=name,
        title=title,
        category="files",
        role="delivers",
        params=UploadToServerParams,
        sample={"path": "/reports/{{ inputs.day }}.csv", "content": "{{ data }}"},
        failures=FAILURES,
        credentials=(credential,),
        reaches=reaches,
        repeatable=True,
    )


# FTP's data come over a port that the server chooses: an FTP server has to be named.
TYPES = (
    _upload("ftp.upload", "Upload by FTP over TLS", "Ftp"),
    _upload("sftp.upload", "Upload by SFTP", "Sftp", 22),
)
