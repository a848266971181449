"""PutObject and GetObject of S3, whose signatures botocore makes once more to compare.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from datetime import UTC, datetime
from hashlib import md5

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sluice_core.credentials import AwsS3
from testkit.https_server import Answer, Received
from testkit.vendors.api import Refused

BUCKET, REGION = "shop-exports", "eu-central-1"
HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"
KEY_ID, SECRET = "AKIDEXAMPLE", "secret/of+the=example"


class Api:
    """`objects` are bodies and their headers by path."""

    hosts = (HOST,)
    credential = AwsS3.model_validate(
        {"accessKeyId": KEY_ID, "secretAccessKey": SECRET, "region": REGION}
    )
    wrong_credential = AwsS3.model_validate(
        {"accessKeyId": KEY_ID, "secretAccessKey": "of yesterday", "region": REGION}
    )

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {
            "/orders/o-1.json": (b'{"id": "o-1"}', {"content-type": "application/json"})
        }

    def __call__(self, request: Received) -> Answer:
        assert request.headers["host"] == HOST
        if request.headers.get("authorization") != signature_of(request):
            raise Refused(error(403, "SignatureDoesNotMatch", "The signature does not match"))
        return getattr(self, request.method.lower())(request)  # type: ignore[no-any-return]

    def put(self, request: Received) -> Answer:
        if request.headers.get("if-none-match") == "*" and request.target in self.objects:
            raise Refused(error(412, "PreconditionFailed", "At least one precondition failed"))
        kept = {
            name: value
            for name, value in request.headers.items()
            if name == "content-type" or name.startswith("x-amz-meta-")
        }
        self.objects[request.target] = (request.body, kept)
        return Answer(200, {"ETag": f'"{md5(request.body).hexdigest()}"'})

    def get(self, request: Received) -> Answer:
        if request.target not in self.objects:
            raise Refused(error(404, "NoSuchKey", "The specified key does not exist."))
        body, headers = self.objects[request.target]
        return Answer(200, {**headers, "ETag": f'"{md5(body).hexdigest()}"'}, body)

    def rate_limited(self) -> tuple[Answer, float]:
        answer = error(503, "SlowDown", "Please reduce your request rate.")
        return Answer(503, {**answer.headers, "Retry-After": "5"}, answer.body), 5


def signature_of(request: Received) -> str:
    """What botocore would have signed, at the time that the request names."""
    _, _, signed = request.headers["authorization"].partition("SignedHeaders=")
    names = signed.partition(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names)
    url = f"https://{request.headers['host']}{request.target}"
    own = {name: request.headers[name] for name in names if not name.startswith("x-amz-date")}
    again = AWSRequest(request.method, url, headers=own, data=request.body)
    at = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    signer = S3SigV4Auth(Credentials(KEY_ID, SECRET), "s3", REGION)
    again.context["timestamp"] = f"{at:%Y%m%dT%H%M%SZ}"
    signer._modify_request_before_signing(again)
    canonical = signer.canonical_request(again)
    text = signer.string_to_sign(again, canonical)
    signer._inject_signature_to_request(again, signer.signature(text, again))
    return str(again.headers["Authorization"])


def error(status: int, code: str, message: str) -> Answer:
    text = (
        f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>0F</RequestId></Error>"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return Answer(status, {"Content-Type": "application/xml"}, f"{head}{text}".encode())
