"""s3.upload, s3.download, azureblob.upload, box.upload and dropbox.upload: files at a vendor's."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from sluice_core.catalog.action import ActionType, Params
from sluice_core.wire import FailureClass

LARGEST = 10 * 1024 * 1024
FAILURES: tuple[FailureClass, ...] = ("Transient", "Timeout", "RateLimited", "Permanent")

Bucket = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
Container = Annotated[
    str, StringConstraints(pattern=r"^(\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62})$", max_length=63)
]
ContentType = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[\x20-\x7e]+$", max_length=255)
]
MetadataValue = Annotated[  # it travels in a header
    str, StringConstraints(pattern=r"^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$", max_length=1024)
]


def _no_way_up(key: str) -> str:
    if {".", ".."} & set(key.split("/")):
        raise ValueError("no part of it may be . or .., which would lead elsewhere")
    return key


Key = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_no_way_up)]
FileName = Annotated[  # what Box takes
    str, StringConstraints(pattern=r"^[^/\\\x00-\x1f]*[^/\\\x00-\x1f ]$", max_length=255),
    AfterValidator(_no_way_up),
]  # fmt: skip
DropboxPath = Annotated[
    str,
    StringConstraints(pattern=r"^/[^\x00-\x1f]+[^/\x00-\x1f]$|^/[^/\x00-\x1f]$", max_length=1024),
]


class UploadParams(Params):
    """`body` is a text, `{base64, contentType}` of another step, or any value, which goes as JSON.

    At most 10 MiB.
    """

    body: JsonValue


class S3UploadParams(UploadParams):
    """The output is `{bucket, key, etag, versionId, size}`.

    A store of your own is the credential's `endpoint`, mostly with `pathStyle`; if its address is
    private, the workflow names it in `egress.allow`.
    """

    bucket: Bucket
    key: Key
    content_type: Annotated[
        ContentType | None, Field(description="what the body says or looks like, when absent")
    ] = None
    metadata: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")], MetadataValue],
        Field(max_length=32),
    ] = {}
    if_exists: Literal["replace", "fail"] = "replace"


class S3DownloadParams(Params):
    """The output is `{body, contentType, size, etag, metadata}`.

    The body is parsed when it says that it is JSON, null when empty, text when it is text, and
    else `{base64, contentType}`.
    """

    bucket: Bucket
    key: Key
    max_bytes: Annotated[int, Field(ge=1, le=LARGEST)] = LARGEST


class AzureBlobUploadParams(UploadParams):
    """The output is `{container, blob, etag, versionId, size}`."""

    container: Container
    blob: Key
    content_type: Annotated[
        ContentType | None, Field(description="what the body says or looks like, when absent")
    ] = None
    metadata: Annotated[
        dict[
            Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")],
            MetadataValue,
        ],
        Field(max_length=32),
    ] = {}
    if_exists: Literal["replace", "fail"] = "replace"


class BoxUploadParams(UploadParams):
    """The output is `{id, name, version, sha1, size}`.

    A file of the name gets a new version (`replace`), or the new one another name (`rename`).
    A refresh token of Box is good for one use, and what follows it is kept in the runner's memory
    alone: where the runner sleeps or has replicas, have the Secret's access token renewed instead.
    """

    name: FileName
    folder: Annotated[
        str,
        StringConstraints(pattern=r"^[0-9]{1,20}$"),
        Field(description="id of the folder; 0 is the account's own"),
    ] = "0"
    if_exists: Literal["fail", "replace", "rename"] = "fail"


class DropboxUploadParams(UploadParams):
    """The output is `{id, path, rev, size}`.

    With `fail` a file of the same content is no conflict.
    """

    path: Annotated[DropboxPath, Field(description="from the root, such as /reports/today.csv")]
    if_exists: Literal["fail", "replace", "rename"] = "fail"


def _uploads(
    name: str, title: str, params: type[Params], credential: str, sample: dict[str, JsonValue]
) -> ActionType:
    return ActionType(
        name=name,
        title=title,
        category="files",
        role="delivers",
        params=params,
        sample=sample,
        failures=FAILURES,
        reaches=(443,),
        credentials=(credential,),
        repeatable=credential in ("AwsS3", "AzureBlobStorage"),
    )


TYPES = (
    _uploads(
        "s3.upload",
        "Upload to S3",
        S3UploadParams,
        "AwsS3",
        {
            "bucket": "shop-exports",
            "key": "orders/{{ data.day }}.json",
            "body": "{{ data.orders }}",
        },
    ),
    ActionType(
        name="s3.download",
        title="Download from S3",
        category="files",
        role="reads",
        params=S3DownloadParams,
        sample={"bucket": "shop-exports", "key": "orders/{{ inputs.day }}.json"},
        failures=FAILURES,
        reaches=(443,),
        credentials=("AwsS3",),
        repeatable=True,
    ),
    _uploads(
        "azureblob.upload",
        "Upload to Azure Blob Storage",
        AzureBlobUploadParams,
        "AzureBlobStorage",
        {"container": "exports", "blob": "orders.csv", "body": "{{ data }}"},
    ),
    _uploads(
        "box.upload",
        "Upload to Box",
        BoxUploadParams,
        "Box",
        {"folder": "0", "name": "orders.csv", "body": "{{ data }}"},
    ),
    _uploads(
        "dropbox.upload",
        "Upload to Dropbox",
        DropboxUploadParams,
        "Dropbox",
        {"path": "/reports/orders.csv", "body": "{{ data }}", "ifExists": "replace"},
    ),
)
