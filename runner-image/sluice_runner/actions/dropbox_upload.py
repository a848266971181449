"""dropbox.upload: put a file into Dropbox.

The API: https://www.dropbox.com/developers/documentation/http/documentation#files-upload
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_core.catalog.files import DropboxUploadParams
from sluice_core.credentials import Dropbox
from sluice_runner.actions import content, given, oauth, vendor
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

UPLOAD = "https://content.dropboxapi.com/2/files/upload"
ISSUER = oauth.Issuer("Dropbox token", "https://api.dropboxapi.com/oauth2/token")
BUSY = ("too_many_requests", "too_many_write_operations")


async def run(params: DropboxUploadParams, ctx: Context) -> Done:
    """One request; what is larger than this needs sessions, and is larger than a step may send."""
    credential = given.credential(ctx, Dropbox)
    body = content.within_limit(params.body, "body")
    call = vendor.Call(
        name=f"Dropbox upload {params.path}",
        url=UPLOAD,
        headers={
            "Dropbox-API-Arg": _header(_arguments(params)),
            "Content-Type": "application/octet-stream",
        },
        content=body,
    )

    async def send(token: str) -> httpx.Response:
        return await vendor.send(ctx, call.authorized(token))

    answer = await oauth.authorized(credential, ISSUER, ctx, send)
    if not answer.is_success:
        raise _refusal(call, answer, ctx)
    said = vendor.fields(answer)
    if not isinstance(said.get("id"), str):
        raise vendor.unreadable(call)
    output = {"id": said["id"], "path": said.get("path_display"), "rev": said.get("rev")}
    return Done(output={**output, "size": len(body)}, result={"bytes": len(body)})


def _arguments(params: DropboxUploadParams) -> dict[str, JsonValue]:
    return {
        "path": params.path,
        "mode": "overwrite" if params.if_exists == "replace" else "add",
        "autorename": params.if_exists == "rename",
        "strict_conflict": False,
    }


def _header(arguments: dict[str, JsonValue]) -> str:
    """JSON that a header can carry: everything but printable ASCII is escaped."""
    return json.dumps(arguments, ensure_ascii=True, separators=(",", ":")).replace(
        "\x7f", "\\u007f"
    )


def _refusal(call: vendor.Call, answer: httpx.Response, ctx: Context) -> StepFailed:
    """Endpoint errors come as 409 with their path in `error_summary`."""
    said = vendor.fields(answer)
    summary = str(said.get("error_summary") or "").rstrip("./")
    if summary.startswith("path/conflict"):
        return vendor.refusal(call, answer, ctx, f"the name is taken ({summary})", "AlreadyExists")
    failure = vendor.refusal(call, answer, ctx, summary)
    if any(word in summary for word in BUSY):
        failure.failure = "RateLimited"
    error = said.get("error")
    pause = error.get("retry_after") if isinstance(error, dict) else None
    if failure.retry_after_seconds is None and isinstance(pause, int | float):
        failure.retry_after_seconds = float(pause)
    return failure


ACTION = Action(CATALOG["dropbox.upload"], run)
