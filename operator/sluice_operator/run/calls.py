"""HTTP requests to one runner pod, each with a token for it and the epoch of our Lease."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from pydantic import BaseModel, ValidationError

from sluice_core import names, wire
from sluice_core.mounts import Mount

CALL_SECONDS = 10.0
CONNECT_SECONDS = 2.0
SILENCE_SECONDS = 3 * wire.HEARTBEAT_SECONDS
FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValidationError, ValueError)


class OlderEpoch(Exception):  # noqa: N818 - the runner knows a later leader
    """This operator is not the leader any more, whatever it believes."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A runner pod that has an address."""

    uid: str
    name: str
    address: str
    namespace: str
    workflow: str
    workflow_uid: str
    only: str = ""  # the one attempt that it is for; see Run.solo
    mounted: Mapping[str, Mount] = field(default_factory=dict)
    port: int = names.RUNNER_PORT


@dataclass(frozen=True, kw_only=True)
class Means:
    """What every link uses."""

    http: aiohttp.ClientSession
    token: Callable[[str, str], str]  # workflow uid, pod uid
    epoch: Callable[[], int]


async def call(
    pod: Pod, means: Means, method: str, path: str, body: BaseModel | bytes | None = None
) -> bytes:
    """The answer's body; raises OlderEpoch and what aiohttp raises."""
    data = body.model_dump_json(by_alias=True).encode() if isinstance(body, BaseModel) else body
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, sock_connect=CONNECT_SECONDS)
    async with means.http.request(
        method, url(pod, path), data=data, headers=_headers(pod, means), timeout=timeout
    ) as response:
        _raise_for(response)
        return await response.read()


@asynccontextmanager
async def stream(pod: Pod, means: Means, after: int) -> AsyncIterator[aiohttp.ClientResponse]:
    """The event stream from the one after `after` on; a silence without a heartbeat ends it."""
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
    )
    async with means.http.get(
        url(pod, f"{wire.PATH_EVENTS}?after={after}"),
        headers=_headers(pod, means),
        timeout=timeout,
        read_bufsize=wire.EVENT_BYTES,  # a line may be twice as long as that
    ) as response:
        _raise_for(response)
        yield response


def url(pod: Pod, path: str) -> str:
    """Where a runner answers."""
    host = f"[{pod.address}]" if ":" in pod.address else pod.address
    return f"http://{host}:{pod.port}{path}"


def _headers(pod: Pod, means: Means) -> dict[str, str]:
    token = means.token(pod.workflow_uid, pod.uid)
    return {"Authorization": f"Bearer {token}", wire.HEADER_EPOCH: str(means.epoch())}


def _raise_for(response: aiohttp.ClientResponse) -> None:
    if response.status == wire.OLDER_EPOCH:
        raise OlderEpoch
    response.raise_for_status()
