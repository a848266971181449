"""Azurite, Microsoft's own emulator of Azure Storage, from npm, with one container."""

import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice_core.credentials import AzureBlobStorage
from sluice_runner.actions import azure_signature, azure_store
from testkit.ports import a_free_port
from testkit.services.processes import listening

RELEASE = "3.37.0"
ACCOUNT, CONTAINER = "shop", "exports"


@dataclass(frozen=True)
class Azurite:
    """Where it is, and the account's key."""

    url: str
    key: bytes

    def credential(self, **changed: Any) -> AzureBlobStorage:
        own = {"account": ACCOUNT, "accountKey": self.encoded_key, "endpoint": self.url}
        return AzureBlobStorage.model_validate(own | changed)

    @property
    def encoded_key(self) -> str:
        return b64encode(self.key).decode()

    def ask(self, method: str, path: str, **query: str) -> httpx.Response:
        """A request of the account's owner; `path` is below the account."""
        url = httpx.URL(f"{self.url}/{path}")
        headers = {
            "Content-Length": "0",
            "x-ms-date": f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}",
            "x-ms-version": azure_store.VERSION,
        }
        headers["Authorization"] = azure_signature.authorization(
            ACCOUNT, self.key, method, url.raw_path.decode(), headers, list(query.items())
        )
        return httpx.request(method, url, params=query or None, headers=headers)


@contextmanager
def running(folder: Path) -> Iterator[Azurite]:
    port, key = a_free_port(), secrets.token_bytes(64)
    words = [str(_installed()), "--blobPort", str(port), "--location", str(folder)]
    words += ["--disableTelemetry", "--silent"]
    accounts = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{b64encode(key).decode()}"}
    with listening(words, port, folder, accounts):
        azurite = Azurite(f"http://127.0.0.1:{port}/{ACCOUNT}", key)
        assert azurite.ask("PUT", CONTAINER, restype="container").status_code == 201
        yield azurite


def _installed() -> Path:
    """Its program, installed once into a folder of ours; no script of a package is run."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice"
    place = cache / f"npm-azurite-{RELEASE}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "npm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            _install(cache, place)
    return place / "node_modules" / ".bin" / "azurite-blob"


def _install(cache: Path, place: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("Azurite needs node and npm: install Debian's packages nodejs and npm")
    with tempfile.TemporaryDirectory(dir=cache, prefix="npm-") as there:
        made = Path(there) / "azurite"
        made.mkdir()
        words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        words += ["--loglevel=error", "--prefix", str(made), f"azurite@{RELEASE}"]
        subprocess.run(words, check=True, cwd=made, timeout=600)
        made.rename(place)
