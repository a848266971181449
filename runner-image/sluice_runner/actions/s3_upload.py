"""s3.upload: put an object into a bucket of S3, or of a store like it."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.files import S3UploadParams
from sluice_core.credentials import AwsS3
from sluice_runner.actions import content, given, s3_store, vendor
from sluice_runner.actions.action import Action, Context, Done


async def run(params: S3UploadParams, ctx: Context) -> Done:
    """One PutObject; with ifExists `fail` the store itself refuses a second one."""
    credential = given.credential(ctx, AwsS3)
    body = content.within_limit(params.body, "body")
    headers = {"Content-Type": params.content_type or content.content_type(params.body)}
    headers |= {f"x-amz-meta-{name.lower()}": value for name, value in params.metadata.items()}
    if params.if_exists == "fail":
        headers["If-None-Match"] = "*"
    place = s3_store.Place(params.bucket, params.key)
    call = s3_store.call("PUT", credential, place, ctx, headers, body)
    answer = await vendor.send(ctx, call)
    if not answer.is_success:
        raise s3_store.refusal(call, answer, ctx)
    size = len(body)
    return Done(
        output={
            "bucket": params.bucket,
            "key": params.key,
            "etag": answer.headers.get("etag", "").strip('"'),
            "versionId": answer.headers.get("x-amz-version-id"),
            "size": size,
        },
        result={"bytes": size},
    )


ACTION = Action(CATALOG["s3.upload"], run)
