"""box.upload: put a file into a folder of Box.

The API: https://developer.box.com/reference/post-files-content and post-files-id-content.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import orjson
from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_core.catalog.files import BoxUploadParams
from sluice_core.credentials import Box
from sluice_runner.actions import content, given, oauth, vendor
from sluice_runner.actions.action import Action, Context, Done, StepFailed

if TYPE_CHECKING:
    import httpx

NAME, API = "Box upload", "https://upload.box.com/api/2.0/files"
ISSUER = oauth.Issuer("Box token", "https://api.box.com/oauth2/token")
RENAMED = 20  # times that another name is tried


async def run(params: BoxUploadParams, ctx: Context) -> Done:
    """Box refuses a name that is taken, and says by which file."""
    credential = given.credential(ctx, Box)
    upload = _Upload(content.within_limit(params.body, "body"), credential, ctx)
    answer = await upload.create(params.name, params.folder)
    for number in range(1, RENAMED + 1):
        if params.if_exists != "rename" or answer.status_code != 409:
            break
        path = PurePosixPath(params.name)
        answer = await upload.create(f"{path.stem} ({number}){path.suffix}", params.folder)
    if params.if_exists == "replace" and (taken := _taken_by(answer)):
        answer = await upload.replace(taken, params.name)
    if not answer.is_success:
        raise _refusal(answer, ctx)
    return _told(answer, len(upload.body))


@dataclass(frozen=True)
class _Upload:
    """The same bytes, under one name or another."""

    body: bytes
    credential: Box
    ctx: Context

    async def create(self, name: str, folder: str) -> httpx.Response:
        attributes: JsonValue = {"name": name, "parent": {"id": folder}}
        return await self._send(f"{API}/content", attributes, name)

    async def replace(self, taken: str, name: str) -> httpx.Response:
        return await self._send(f"{API}/{taken}/content", {"name": name}, name)

    async def _send(self, url: str, attributes: JsonValue, name: str) -> httpx.Response:
        boundary = secrets.token_hex(16)
        call = vendor.Call(
            name=NAME,
            url=url,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            content=_multipart(boundary, attributes, name, self.body),
        )

        async def send(token: str) -> httpx.Response:
            return await vendor.send(self.ctx, call.authorized(token))

        return await oauth.authorized(self.credential, ISSUER, self.ctx, send)


def _multipart(boundary: str, attributes: JsonValue, name: str, body: bytes) -> bytes:
    """The attributes come first, or Box answers metadata_after_file_contents (RFC 7578)."""
    quoted = name.replace("%", "%25").replace('"', "%22")
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="attributes"\r\n\r\n'
    file = f'Content-Disposition: form-data; name="file"; filename="{quoted}"'
    kind = "Content-Type: application/octet-stream"
    middle = f"\r\n--{boundary}\r\n{file}\r\n{kind}\r\n\r\n"
    tail = f"\r\n--{boundary}--\r\n"
    return b"".join((head.encode(), orjson.dumps(attributes), middle.encode(), body, tail.encode()))


def _taken_by(answer: httpx.Response) -> str:
    """The id of the file that has the name; empty where that is no file, or not the trouble."""
    if answer.status_code != 409:
        return ""
    context = vendor.fields(answer).get("context_info")
    conflicts = context.get("conflicts") if isinstance(context, dict) else None
    conflict = conflicts[0] if isinstance(conflicts, list) and conflicts else conflicts
    if not isinstance(conflict, dict) or conflict.get("type") != "file":
        return ""
    id_ = conflict.get("id")
    return id_ if isinstance(id_, str) and id_.isascii() and id_.isdigit() else ""


def _refusal(answer: httpx.Response, ctx: Context) -> StepFailed:
    call, said = vendor.Call(name=NAME, url=API), vendor.fields(answer)
    code = said.get("code")
    words = f"{said.get('message', '')} ({code})" if code else ""
    if code == "item_name_in_use":
        return vendor.refusal(call, answer, ctx, f"the name is taken ({code})", "AlreadyExists")
    return vendor.refusal(call, answer, ctx, words)


def _told(answer: httpx.Response, size: int) -> Done:
    entries = vendor.fields(answer).get("entries")
    entry = entries[0] if isinstance(entries, list) and entries else None
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise vendor.unreadable(vendor.Call(name=NAME, url=API))
    version = entry.get("file_version")
    return Done(
        output={
            "id": entry["id"],
            "name": entry.get("name"),
            "version": version.get("id") if isinstance(version, Mapping) else None,
            "sha1": entry.get("sha1"),
            "size": size,
        },
        result={"bytes": size},
    )


ACTION = Action(CATALOG["box.upload"], run)
