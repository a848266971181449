"""Dropbox's /2/files/upload, with the errors of its API description.

https://github.com/dropbox/dropbox-api-spec (files.stone: upload, UploadArg, WriteMode),
https://www.dropbox.com/developers/documentation/http/documentation#error-handling
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, ValidationError

from sluice_core.credentials import Dropbox
from testkit.https_server import Answer, Received
from testkit.vendors.api import Body, Refused, as_json, as_text
from testkit.vendors.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH, Issuer

TOKEN = "sl.dropbox-access-token"


class UploadArg(Body):
    path: Annotated[str, Field(pattern=r"^(/(.|[\r\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)$")]
    mode: Literal["add", "overwrite"] = "add"
    autorename: bool = False
    mute: bool = False
    strict_conflict: bool = False


class Api:
    """`files` are contents by path."""

    hosts = ("content.dropboxapi.com", "api.dropboxapi.com")
    credential: Dropbox = Dropbox.model_validate({"accessToken": TOKEN})
    wrong_credential: Dropbox = Dropbox.model_validate({"accessToken": "sl.of-yesterday"})

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.issuer = Issuer(single_use=False)

    def __call__(self, request: Received) -> Answer:
        assert request.method == "POST"
        if request.headers["host"] == "api.dropboxapi.com":
            assert request.target == "/oauth2/token"
            return self.issuer(request)
        assert request.headers["host"] == "content.dropboxapi.com"
        assert request.target == "/2/files/upload"
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(_error(401, "expired_access_token"))
        if request.headers.get("content-type") != "application/octet-stream":
            raise Refused(as_text(400, 'Bad HTTP "Content-Type" header'))
        return self._upload(_argument(request), request.body)

    @property
    def token(self) -> str:
        return TOKEN

    def rate_limited(self) -> tuple[Answer, float]:
        reason = {"reason": {".tag": "too_many_requests"}, "retry_after": 15}
        body = {"error_summary": "too_many_requests/..", "error": reason}
        return as_json(429, body, Retry_After="15"), 15

    def _upload(self, wanted: UploadArg, content: bytes) -> Answer:
        path = wanted.path
        if wanted.mode == "add" and self.files.get(path, content) != content:
            if not wanted.autorename:
                raise Refused(_error(409, "path/conflict/file"))
            stem, dot, suffix = path.rpartition(".")
            path = f"{stem} (1){dot}{suffix}"
        self.files[path] = content
        made: dict[str, JsonValue] = {
            "name": path.rpartition("/")[2],
            "id": f"id:{list(self.files).index(path):020}",
            "rev": f"0{len(self.files)}",
            "size": len(content),
            "path_lower": path.lower(),
            "path_display": path,
        }
        return as_json(200, made)


class RenewingApi(Api):
    """With a refresh token, which lasts."""

    credential = Dropbox.model_validate(
        {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "refreshToken": REFRESH}
    )
    wrong_credential = Dropbox.model_validate(
        {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "refreshToken": "of yesterday"}
    )

    revoked = 0  # so many of the tokens that it gave

    @property
    def token(self) -> str:
        return self.issuer.access if self.issuer.given > self.revoked else "none"


def _argument(request: Received) -> UploadArg:
    text = request.headers.get("dropbox-api-arg", "")
    if not all(" " <= character <= "~" for character in text):
        raise Refused(as_text(400, "Error in call to API function: HTTP header is not ASCII"))
    try:
        return UploadArg.model_validate_json(text)
    except ValidationError as error:
        raise Refused(as_text(400, f"Error in call to API function: {error}")) from error


def _error(status: int, summary: str) -> Answer:
    return as_json(status, {"error_summary": f"{summary}/..", "error": {".tag": summary}})
