"""azureblob.upload: put a block blob into a container of Azure Blob Storage."""

from sluice_core.catalog import CATALOG
from sluice_core.catalog.files import AzureBlobUploadParams
from sluice_core.credentials import AzureBlobStorage
from sluice_runner.actions import azure_store, content, given, vendor
from sluice_runner.actions.action import Action, Context, Done


async def run(params: AzureBlobUploadParams, ctx: Context) -> Done:
    """One Put Blob; with ifExists `fail` Azure itself refuses a second one."""
    credential = given.credential(ctx, AzureBlobStorage)
    body = content.within_limit(params.body, "body")
    headers = {
        "Content-Type": params.content_type or content.content_type(params.body),
        "x-ms-blob-type": "BlockBlob",
    }
    headers |= {f"x-ms-meta-{name}": value for name, value in params.metadata.items()}
    if params.if_exists == "fail":
        headers["If-None-Match"] = "*"
    call = azure_store.call(credential, f"{params.container}/{params.blob}", ctx, headers, body)
    answer = await vendor.send(ctx, call)
    if not answer.is_success:
        raise azure_store.refusal(call, answer, ctx)
    size = len(body)
    return Done(
        output={
            "container": params.container,
            "blob": params.blob,
            "etag": answer.headers.get("etag", "").strip('"'),
            "versionId": answer.headers.get("x-ms-version-id"),
            "size": size,
        },
        result={"bytes": size},
    )


ACTION = Action(CATALOG["azureblob.upload"], run)
