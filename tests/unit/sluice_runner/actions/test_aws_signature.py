"""Signatures for S3 are those that botocore makes, for whatever is signed."""

from datetime import UTC, datetime

import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sluice_core.credentials import AwsS3
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.aws_signature import Keys, Request, signed
from sluice_runner.actions.s3_store import Place, address

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)
keys = texts.filter(lambda key: not {".", ".."} & set(key.split("/")))
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
ENDPOINTS = (None, "https://minio.shop:9000", "http://127.0.0.1:9000", "https://gateway.shop/s3/")


def botocores(request: Request, url: str, own: Keys) -> str:
    again = AWSRequest(request.method, url, headers=dict(request.headers), data=request.body)
    credentials = Credentials(own.access_key_id, own.secret_access_key, own.session_token)
    signer = S3SigV4Auth(credentials, "s3", own.region)
    again.context["timestamp"] = f"{NOON:%Y%m%dT%H%M%SZ}"
    signer._modify_request_before_signing(again)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    signer._inject_signature_to_request(again, signer.signature(text, again))
    return str(again.headers["Authorization"])


@given(
    key=keys,
    endpoint=st.sampled_from(ENDPOINTS),
    path_style=st.booleans(),
    metadata=st.dictionaries(st.sampled_from(["a", "b-c", "D"]), values, max_size=3),
    body=st.binary(max_size=50),
    token=st.none() | st.just("session/token=="),
)
def test_a_signature_is_that_of_botocore(
    key: str,
    endpoint: str | None,
    path_style: bool,
    metadata: dict[str, str],
    body: bytes,
    token: str | None,
) -> None:
    own = Keys(
        access_key_id="AKID", secret_access_key="word/+", session_token=token, region="eu-central-1"
    )
    credential = AwsS3.model_validate(
        {
            "accessKeyId": "AKID",
            "secretAccessKey": "word/+",
            "region": own.region,
            "endpoint": endpoint,
            "pathStyle": path_style,
        }
    )
    url = address(credential, Place("shop.exports" if len(key) % 2 else "shop-exports", key))
    headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
    request = Request(
        method="PUT",
        host=url.netloc.decode(),
        path=url.raw_path.decode(),
        headers=headers | {"Content-Type": "text/plain"},
        body=body,
    )

    sent = signed(request, own, NOON)

    assert sent["Authorization"] == botocores(request, str(url), own)


@given(key=keys)
def test_a_key_is_sent_as_it_was_signed(key: str) -> None:
    credential = AwsS3.model_validate({"accessKeyId": "AKID", "secretAccessKey": "word"})

    url = address(credential, Place("shop", key))

    sent = httpx.Request("GET", url).url.raw_path
    assert httpx.URL(f"https://x{sent.decode()}").path == f"/{key}"


PLACES = {
    "in the bucket's own host at AWS": (None, False, "shop", "https://shop.s3.us-east-1.amazonaws.com/k"),
    "below the host where the name has a dot": (
        None, False, "shop.eu", "https://s3.us-east-1.amazonaws.com/shop.eu/k",
    ),
    "in the bucket's own host at a store like it": (
        "https://minio.shop:9000", False, "shop", "https://shop.minio.shop:9000/k",
    ),
    "below the host where it is said so": (
        "https://minio.shop:9000", True, "shop", "https://minio.shop:9000/shop/k",
    ),
    "below an address": ("http://10.0.0.7:9000", False, "shop", "http://10.0.0.7:9000/shop/k"),
    "below an address of IPv6": ("http://[fd00::7]:9000", False, "shop", "http://[fd00::7]:9000/shop/k"),
}  # fmt: skip


@pytest.mark.parametrize(("endpoint", "path_style", "bucket", "url"), PLACES.values(), ids=PLACES)
def test_an_object_is(endpoint: str | None, path_style: bool, bucket: str, url: str) -> None:
    given = {"accessKeyId": "AKID", "secretAccessKey": "word", "endpoint": endpoint}
    credential = AwsS3.model_validate({**given, "pathStyle": path_style})

    assert str(address(credential, Place(bucket, "k"))) == url


NO_ENDPOINTS = ("https://user:word@minio.shop", "https://minio.shop?a=b", "https://minio.shop#a")


@pytest.mark.parametrize("endpoint", NO_ENDPOINTS)
def test_an_endpoint_is_an_address_and_nothing_else(endpoint: str) -> None:
    given = {"accessKeyId": "AKID", "secretAccessKey": "word", "endpoint": endpoint}

    with pytest.raises(StepFailed) as caught:
        address(AwsS3.model_validate(given), Place("shop", "k"))

    assert caught.value.reason == "InvalidUrl"
    assert endpoint not in caught.value.message
