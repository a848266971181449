"""s3.download: read an object from a bucket of S3, or of a store like it."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.files import S3DownloadParams
from sluice_core.credentials import AwsS3
from sluice_runner.actions import given, s3_store, vendor
from sluice_runner.actions.action import Action, Context, Done
from sluice_runner.actions.http_answer import decoded

METADATA = "x-amz-meta-"


async def run(params: S3DownloadParams, ctx: Context) -> Done:
    """One GetObject; an object that is too large is not read."""
    credential = given.credential(ctx, AwsS3)
    call = s3_store.call("GET", credential, s3_store.Place(params.bucket, params.key), ctx)
    answer = await vendor.send(ctx, call, limit=params.max_bytes)
    if not answer.is_success:
        raise s3_store.refusal(call, answer, ctx)
    size = len(answer.content)
    return Done(
        output={
            "body": decoded(answer),
            "contentType": answer.headers.get("content-type"),
            "size": size,
            "etag": answer.headers.get("etag", "").strip('"'),
            "metadata": {
                name.removeprefix(METADATA): value
                for name, value in answer.headers.items()
                if name.startswith(METADATA)
            },
        },
        result={"bytes": size},
    )


ACTION = Action(CATALOG["s3.download"], run)
