"""moto's S3 as a server that checks signatures and policies, with a bucket and a user."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

from sluice_core.credentials import AwsS3
from testkit.ports import a_free_port
from testkit.services.processes import listening

BUCKET, REGION = "shop-exports", "us-east-1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{BUCKET}*"]}],
}


@dataclass(frozen=True)
class Moto:
    """Where it is, and the keys of a user who may do anything in one bucket."""

    url: str
    key_id: str
    secret: str

    def credential(self, **changed: Any) -> AwsS3:
        own = {
            "accessKeyId": self.key_id,
            "secretAccessKey": self.secret,
            "region": REGION,
            "endpoint": self.url,
        }
        return AwsS3.model_validate(own | changed)


@contextmanager
def running(folder: Path) -> Iterator[Moto]:
    port = a_free_port()
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with listening(words, port, folder):
        url = f"http://127.0.0.1:{port}"
        key_id, secret = _set_up(url)
        httpx.post(f"{url}/moto-api/reset-auth", content="0").raise_for_status()
        yield Moto(url, key_id, secret)


def _set_up(url: str) -> tuple[str, str]:
    """While it does not check who asks."""
    given: dict[str, Any] = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": "admin",
        "aws_secret_access_key": "admin",
    }
    s3, iam = boto3.client("s3", **given), boto3.client("iam", **given)
    s3.create_bucket(Bucket=BUCKET)
    iam.create_user(UserName="shop")
    iam.put_user_policy(UserName="shop", PolicyName="own", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="shop")["AccessKey"]
    s3.close()
    iam.close()
    return key["AccessKeyId"], key["SecretAccessKey"]
