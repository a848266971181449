"""Box's upload of files and of versions, with the errors of its OpenAPI description.

https://github.com/box/box-openapi (post_files_content, post_files_id_content, ConflictError),
https://developer.box.com/guides/uploads/direct/file
"""

import re
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha1
from typing import Annotated

from pydantic import Field, JsonValue

from sluice_core.credentials import Box
from testkit.https_server import Answer, Received
from testkit.vendors.api import Body, Refused, as_json
from testkit.vendors.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH, Issuer

TOKEN = "box-access-token"
UPLOAD, VERSION = "/api/2.0/files/content", re.compile(r"/api/2\.0/files/([0-9]+)/content")


class Parent(Body):
    id: str


class Attributes(Body):
    name: Annotated[str, Field(min_length=1, max_length=255)]
    parent: Parent | None = None


class Api:
    """Folders 0 and 17; `files` are contents by folder and name."""

    hosts = ("upload.box.com", "api.box.com")
    credential: Box = Box.model_validate({"accessToken": TOKEN})
    wrong_credential: Box = Box.model_validate({"accessToken": "of yesterday"})

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], list[bytes]] = {}
        self.issuer = Issuer(single_use=True)

    def __call__(self, request: Received) -> Answer:
        assert request.method == "POST"
        if request.headers["host"] == "api.box.com":
            assert request.target == "/oauth2/token"
            return self.issuer(request)
        assert request.headers["host"] == "upload.box.com"
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(Answer(401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}))
        attributes, content = _parts(request)
        if request.target == UPLOAD:
            return self._create(attributes, content)
        found = VERSION.fullmatch(request.target)
        assert found, request.target
        return self._replace(int(found[1]), attributes, content)

    @property
    def token(self) -> str:
        return TOKEN

    def rate_limited(self) -> tuple[Answer, float]:
        answer = _error(429, "rate_limit_exceeded", "Request rate limit exceeded, retry later.")
        return Answer(429, {**answer.headers, "Retry-After": "17"}, answer.body), 17

    def _create(self, attributes: Attributes, content: bytes) -> Answer:
        assert attributes.parent is not None
        if attributes.parent.id not in ("0", "17"):
            raise Refused(_error(404, "not_found", "Not Found"))
        place = (attributes.parent.id, attributes.name)
        if place in self.files:
            conflict = {"type": "file", "id": str(self._id(place)), "name": attributes.name}
            info = {"conflicts": conflict}
            message = "Item with the same name already exists"
            raise Refused(_error(409, "item_name_in_use", message, info))
        self.files[place] = [content]
        return self._file(place)

    def _replace(self, id_: int, attributes: Attributes, content: bytes) -> Answer:
        [place] = [one for one in self.files if self._id(one) == id_]
        assert attributes.parent is None
        self.files[place].append(content)
        return self._file(place)

    def _id(self, place: tuple[str, str]) -> int:
        return 1000 + list(self.files).index(place)

    def _file(self, place: tuple[str, str]) -> Answer:
        id_, versions = self._id(place), self.files[place]
        entry = {
            "type": "file",
            "id": str(id_),
            "name": place[1],
            "sha1": sha1(versions[-1]).hexdigest(),
            "size": len(versions[-1]),
            "file_version": {"type": "file_version", "id": str(id_ * 100 + len(versions))},
        }
        return as_json(201, {"total_count": 1, "entries": [entry]})


class RenewingApi(Api):
    """With a refresh token, which is good for one use."""

    credential = Box.model_validate(
        {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "refreshToken": REFRESH}
    )
    wrong_credential = Box.model_validate(
        {"clientId": CLIENT_ID, "clientSecret": "of yesterday", "refreshToken": REFRESH}
    )

    revoked = 0  # so many of the tokens that it gave

    @property
    def token(self) -> str:
        return self.issuer.access if self.issuer.given > self.revoked else "none"


def _parts(request: Received) -> tuple[Attributes, bytes]:
    """multipart/form-data, the attributes first (RFC 7578)."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    assert message.get_content_type() == "multipart/form-data"
    parts = list(message.iter_parts())  # type: ignore[attr-defined]
    names = [part.get_param("name", header="content-disposition") for part in parts]
    if names != ["attributes", "file"]:
        raise Refused(_error(400, "metadata_after_file_contents", str(names)))
    attributes, file = (part.get_payload(decode=True) for part in parts)
    assert parts[1].get_filename()
    return Attributes.model_validate_json(attributes), file


def _error(status: int, code: str, message: str, info: JsonValue = None) -> Answer:
    body: dict[str, JsonValue] = {
        "type": "error",
        "status": status,
        "code": code,
        "message": message,
        "request_id": "0f0f",
    }
    return as_json(status, body | ({"context_info": info} if info else {}))
