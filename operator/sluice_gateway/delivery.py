"""The id of a delivery, by which one that comes again has the run of the first."""

from typing import Any

from starlette.datastructures import Headers

from sluice_gateway import idempotency
from sluice_gateway.flows import Flow
from sluice_gateway.idempotency import Claim
from sluice_gateway.listening import Hook
from sluice_gateway.signatures import Claimed

_ID_HEADERS = ("webhook-id", "x-github-delivery", "idempotency-key")
_CLOUD_EVENT = "application/cloudevents+json"


def id_of(hook: Hook, claimed: Claimed | None, headers: Headers, payload: Any) -> tuple[str, ...]:
    """The id and where it was found, and the source that a CloudEvent's id is unique in; or ()."""
    if claimed is not None and claimed.id is not None:
        return (claimed.id, "webhook-id")
    if hook.id_header is not None:
        named = headers.get(hook.id_header)
        return (named, hook.id_header.lower()) if named else ()
    for name in _ID_HEADERS:
        if named := headers.get(name):
            return (named, name)
    return _of_cloud_event(headers, payload)


def claim(flow: Flow, hook: Hook, found: tuple[str, ...], payload: Any) -> Claim:
    """The name of the delivery's run; a random one where the delivery has no id."""
    key = found[0] if found else None
    scope = (flow.uid, "Webhook", hook.name, *found[1:])
    header = found[1] if found else idempotency.HEADER
    return idempotency.claim(flow.name, *scope, key=key, body=payload, header=header)


def _of_cloud_event(headers: Headers, payload: Any) -> tuple[str, ...]:
    """In binary mode, or in structured mode."""
    if named := headers.get("ce-id"):
        return (named, "ce-id", headers.get("ce-source", ""))
    structured = headers.get("content-type", "").startswith(_CLOUD_EVENT)
    if structured and isinstance(payload, dict) and isinstance(payload.get("id"), str):
        return (payload["id"], "id", str(payload.get("source", "")))
    return ()
