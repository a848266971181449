"""A client as users make one: openapi-python-client's, of the document that the gateway serves."""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from cluster import layout
from testkit.e2e.callers import Caller

PACKAGE = "sluice_client"
CONFIG = layout.ROOT / "examples" / "client" / "openapi-python-client.yaml"
_PROGRAMS = Path(sys.prefix) / "client" / "bin"  # with the generator, and ruff, which it calls
SECONDS = 60.0


def make(url: str, folder: Path) -> str:
    """Write the package into the folder; what the generator printed, in which a warning fails."""
    python = _PROGRAMS / "python"
    assert python.exists(), f"{python} is not there: `make check` installs it"
    words = [
        "generate",
        f"--url={url}/openapi.json",
        f"--output-path={folder / PACKAGE}",
        f"--config={CONFIG}",
        "--meta=none",
        "--fail-on-warning",
    ]
    done = subprocess.run(
        [python, "-m", "openapi_python_client", *words],
        env=os.environ | {"PATH": f"{_PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def imported() -> ModuleType:
    """The package and every module of it, each an attribute of the one that it is in."""
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        importlib.import_module(module.name)
    return package


@dataclass(frozen=True)
class Person:
    """A caller who asks by the generated client."""

    caller: Caller
    models: Any
    client: Any

    def ask(self, operation: Any, model: type, *path: Any, **more: Any) -> Any:
        """The answer, which has to be of that model, and to have all that was said."""
        namespace = self.caller.here.namespace
        answer = operation.sync_detailed(namespace, *path, client=self.client, **more)
        assert type(answer.parsed) is model, answer
        if hasattr(model, "to_dict"):
            lost = json.loads(answer.content).keys() - answer.parsed.to_dict().keys()
            assert not lost, f"{model.__name__} has no {lost}"
        return answer.parsed

    def changes(self, url: str) -> Iterator[tuple[str, Any]]:
        """The events of a run as they come: what each is called, and its RunChange."""
        with self.client.get_httpx_client().stream("GET", f"{url}/events") as answer:
            kind = ""
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    kind = value
                if field == "data":
                    yield kind, self.models.RunChange.from_dict(json.loads(value))
