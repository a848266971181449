"""The chart, as `helm template` renders it without a cluster."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from cluster import helm

CHART = Path(__file__).parents[2] / "charts" / "sluice"
NAMESPACE = "sluice-system"
KUBERNETES = "1.34.0"

Manifest: TypeAlias = dict[str, Any]


class Refused(Exception):  # noqa: N818 - named by what happened
    """What Helm said against the values."""


def run(*arguments: str) -> str:
    """What Helm printed; raises Refused when it fails."""
    done = subprocess.run(
        [helm.program(), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


@cache
def rendered(*settings: str) -> tuple[Manifest, ...]:
    """Every object, hooks too; each setting is a `--set-json` such as `operator.replicas=3`."""
    given = [word for one in settings for word in ("--set-json", one)]
    text = run(
        "template", "sluice", str(CHART), "--namespace", NAMESPACE,
        "--kube-version", KUBERNETES, *given,
    )  # fmt: skip
    return tuple(one for one in yaml.safe_load_all(text) if one)


def found(kind: str, name: str, *settings: str) -> Manifest:
    """The one object of that kind and name."""
    [one] = [
        one for one in rendered(*settings) if (one["kind"], one["metadata"]["name"]) == (kind, name)
    ]
    return one


def pods(*settings: str) -> dict[str, Manifest]:
    """Every pod and pod template by the name of its object."""
    templates = {"Deployment": lambda one: one["spec"]["template"], "Pod": lambda one: one}
    return {
        one["metadata"]["name"]: templates[one["kind"]](one)
        for one in rendered(*settings)
        if one["kind"] in templates
    }
