"""Put Blob with a shared access signature; the account's key is tried against Azurite.

https://learn.microsoft.com/rest/api/storageservices/put-blob and
https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

import re

from sluice_core.credentials import AzureBlobStorage
from testkit.https_server import Answer, Received
from testkit.vendors.api import Refused

HOST, SAS = "shopexports.blob.core.windows.net", "sv=2021-12-02&sr=c&sp=cw&sig=c2lnbmF0dXJlMQ%3D%3D"
DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")


class Api:
    """`blobs` are bodies by path."""

    hosts = (HOST,)
    credential = AzureBlobStorage.model_validate({"sasToken": SAS, "account": "shopexports"})
    wrong_credential = AzureBlobStorage.model_validate(
        {"sasToken": f"?{SAS}-of-yesterday", "account": "shopexports"}
    )

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def __call__(self, request: Received) -> Answer:
        path, _, query = request.target.partition("?")
        assert (request.method, request.headers["host"]) == ("PUT", HOST)
        assert request.headers["x-ms-blob-type"] == "BlockBlob"
        assert request.headers["x-ms-version"] == "2021-12-02"
        assert DATE.fullmatch(request.headers["x-ms-date"])
        if query != SAS:
            raise Refused(error(403, "AuthenticationFailed", "Signature did not match."))
        if not path.startswith("/exports/"):
            raise Refused(error(404, "ContainerNotFound", "The container does not exist."))
        if request.headers.get("if-none-match") == "*" and path in self.blobs:
            raise Refused(error(409, "BlobAlreadyExists", "The specified blob already exists."))
        self.blobs[path] = request.body
        return Answer(201, {"ETag": '"0x8D1"', "x-ms-version-id": "2026-03-01T12:00:00Z"})

    def rate_limited(self) -> tuple[Answer, float]:
        answer = error(503, "ServerBusy", "The server is currently unable to receive requests.")
        return Answer(503, {**answer.headers, "Retry-After": "10"}, answer.body), 10


def error(status: int, code: str, message: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return Answer(status, {"Content-Type": "application/xml", "x-ms-error-code": code}, body)
