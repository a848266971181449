"""Sign a request to Azure Storage with the account's key (Shared Key). Pure.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence

STANDARD = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip


def authorization(
    account: str,
    key: bytes,
    method: str,
    path: str,
    headers: Mapping[str, str],
    query: Sequence[tuple[str, str]] = (),
) -> str:
    """The Authorization header; `path` as it is sent, `headers` with Content-Length and x-ms-date.

    `query` holds names and values as they are before they are encoded.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    if given.get("content-length") == "0":
        given["content-length"] = ""
    standard = "\n".join(given.get(name, "") for name in STANDARD)
    own = "".join(
        f"{name}:{value}\n" for name, value in sorted(given.items()) if name.startswith("x-ms-")
    )
    parameters = "".join(f"\n{name.lower()}:{value}" for name, value in sorted(query))
    to_sign = f"{method}\n{standard}\n{own}/{account}{path}{parameters}"
    signature = b64encode(hmac.digest(key, to_sign.encode(), "sha256")).decode()
    return f"SharedKey {account}:{signature}"
