"""Count writes by the API server's own metric, so that nobody can leave one out."""

import re

import aiohttp

from sluice_kube.config import ClusterConfig

LINE = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
WRITES = {"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}


async def written(
    config: ClusterConfig, group: str, resource: str, *, status: bool = True
) -> float:
    """All write requests so far on a resource and its subresources, refused ones too.

    Not `status` leaves out what a controller of Kubernetes says of it.
    """
    headers = {"Authorization": f"Bearer {await config.token.token()}"}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{config.server}/metrics", headers=headers, ssl=config.tls or True) as response,
    ):
        text = await response.text()
    total = 0.0
    for labels, value in LINE.findall(text):
        found = dict(LABEL.findall(labels))
        if not status and found["subresource"] == "status":
            continue
        if found["group"] == group and found["resource"] == resource and found["verb"] in WRITES:
            total += float(value)
    return total
