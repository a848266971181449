"""What the API server was asked to write, from its own count of requests."""

import re
from collections import Counter
from collections.abc import Collection

from testkit.e2e import kubectl

WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"})
_LINE = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Writes = Counter[tuple[str, str]]


def of(resources: Collection[tuple[str, str]]) -> Writes:
    """Writes so far by verb and resource, for (group, resource or resource/subresource)."""
    seen: Writes = Counter()
    for line in _LINE.finditer(kubectl.run("get", "--raw", "/metrics")):
        labels = dict(_LABEL.findall(line["labels"]))
        resource = "/".join(filter(None, (labels["resource"], labels["subresource"])))
        if labels["verb"] in WRITES and (labels["group"], resource) in resources:
            seen[labels["verb"], resource] += int(float(line["count"]))
    return seen
