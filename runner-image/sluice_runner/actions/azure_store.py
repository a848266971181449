"""Speak to Azure Blob Storage: what a credential says, a signed request, what a refusal means.

https://learn.microsoft.com/rest/api/storageservices/put-blob and
https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from sluice_core.credentials import AzureBlobStorage
from sluice_runner.actions import azure_signature, vendor
from sluice_runner.actions.action import Context, StepFailed

if TYPE_CHECKING:
    import httpx

VERSION = "2021-12-02"
BUSY = frozenset({"ServerBusy", "TooManyRequests"})
CREDENTIAL_CODES = frozenset(
    {"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"}
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Account:
    """`key` signs, or else `sas` is the query that stands for a signature."""

    name: str
    endpoint: str
    key: bytes | None
    sas: str


def account(credential: AzureBlobStorage) -> Account:
    """What the credential says, by its parts or its connection string; raises StepFailed."""
    parts = _parts(credential)
    name, sas = parts.get("AccountName", ""), parts.get("SharedAccessSignature", "")
    encoded = parts.get("AccountKey", "")
    endpoint = parts.get("BlobEndpoint", "") or (name and _usual_endpoint(name, parts))
    if not endpoint or not (sas or (encoded and name)):
        raise _invalid("give account with accountKey or sasToken, or a whole connectionString")
    try:
        key = b64decode(encoded, validate=True) if encoded else None
    except ValueError as error:
        raise _invalid("the account key is not base64") from error
    return Account(
        name=name, endpoint=endpoint.rstrip("/"), key=key if not sas else None, sas=sas.lstrip("?")
    )


def call(
    credential: AzureBlobStorage,
    place: str,
    ctx: Context,
    headers: Mapping[str, str],
    body: bytes,
) -> vendor.Call:
    """A request to put `place`, a container and a blob in it."""
    to = account(credential)
    sent = {
        **headers,
        "Content-Length": str(len(body)),
        "x-ms-date": format_datetime(ctx.now(), usegmt=True),
        "x-ms-version": VERSION,
    }
    url = vendor.endpoint(to.endpoint, quote(place, safe="/-_.~$"))
    if to.key is not None:
        path = url.raw_path.decode()
        sent["Authorization"] = azure_signature.authorization(to.name, to.key, "PUT", path, sent)
    else:
        url = url.copy_with(query=to.sas.encode())
    return vendor.Call(
        name=f"Azure Put Blob {place}", url=url, method="PUT", headers=sent, content=body
    )


def refusal(call: vendor.Call, answer: httpx.Response, ctx: Context) -> StepFailed:
    """The code of Azure is the reason, but for what all vendors have."""
    code = answer.headers.get("x-ms-error-code", "")[:60]
    code = code if code.isalnum() else ""
    words, reason = code, vendor.REFUSED if code in CREDENTIAL_CODES else code
    if code in ("BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"):
        reason, words = "AlreadyExists", f"there is a blob of this name ({code})"
    failure = vendor.refusal(call, answer, ctx, words, reason)
    if code in BUSY:
        failure.failure = "RateLimited"
    elif code == "OperationTimedOut":
        failure.failure = "Timeout"
    return failure


def _parts(credential: AzureBlobStorage) -> dict[str, str]:
    """In the words of a connection string."""
    text = credential.connection_string
    pairs = text.get_secret_value().strip().split(";") if text else []
    parts = {
        name.strip(): value.strip() for name, _, value in (one.partition("=") for one in pairs)
    }
    own = {
        "AccountName": credential.account,
        "BlobEndpoint": credential.endpoint,
        "AccountKey": credential.account_key and credential.account_key.get_secret_value(),
        "SharedAccessSignature": credential.sas_token and credential.sas_token.get_secret_value(),
    }
    return parts | {name: value.strip() for name, value in own.items() if value}


def _usual_endpoint(name: str, parts: Mapping[str, str]) -> str:
    scheme = parts.get("DefaultEndpointsProtocol", "https")
    return f"{scheme}://{name}.blob.{parts.get('EndpointSuffix', 'core.windows.net')}"


def _invalid(message: str) -> StepFailed:
    return StepFailed("Permanent", "CredentialInvalid", f"the Azure credential: {message}")
