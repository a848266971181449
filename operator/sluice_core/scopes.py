"""What a workflow may use, as short texts for people and programs: credentials and hosts."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from sluice_core import templates
from sluice_core.api.workflow import WorkflowSpec

MOST = 500
PORTS = {"https": 443, "http": 80}


def of(spec: WorkflowSpec) -> list[str]:
    """`credentials:use:<name>` and `egress:<host>[:<port>]`, each once and in order.

    A host that a template makes up is not known before a run.
    """
    return sorted({*_credentials(spec), *_hosts(spec)})[:MOST]


def _credentials(spec: WorkflowSpec) -> Iterator[str]:
    for step in spec.steps:
        if step.credential:
            yield f"credentials:use:{step.credential}"


def _hosts(spec: WorkflowSpec) -> Iterator[str]:
    for entry in spec.egress.allow:
        yield f"egress:{entry}"
    for step in spec.steps:
        target = _target(step.with_.get("url"))
        if target:
            yield f"egress:{target}"


def _target(url: Any) -> str | None:
    if not isinstance(url, str):
        return None
    host = url.partition("://")[2].partition("/")[0]
    if not host or templates.is_template(host):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return f"{parts.hostname}:{port}" if parts.hostname and port else None
