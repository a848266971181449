"""As much of a Kubernetes client as the harness needs, over the standard library."""

import http.client
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from cluster import layout

Manifest = dict[str, Any]


class RefusedError(RuntimeError):
    """The API server answered with an error."""

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        super().__init__(f"{method} {path}: {status} {message}")
        self.status = status


class Api:
    """One connection at a time, each request on its own: this is for set-up, not for load."""

    def __init__(self, server: str, token: str, authority: Path) -> None:
        self._address = urlsplit(server).netloc
        self._token = token
        self._authority = authority

    @classmethod
    def of(cls, kubeconfig: Path = layout.KUBECONFIG) -> Self:
        """The server of a kubeconfig that this harness wrote."""
        config = yaml.safe_load(kubeconfig.read_text())
        [cluster], [user] = config["clusters"], config["users"]
        authority = Path(cluster["cluster"]["certificate-authority"])
        return cls(cluster["cluster"]["server"], user["user"]["token"], authority)

    def ready(self) -> bool:
        """Whether the server says that it can serve; False also when nobody answers."""
        try:
            self.request("GET", "/readyz", seconds=2)
        except (OSError, http.client.HTTPException, RefusedError):
            return False
        return True

    def get(self, path: str) -> Manifest:
        """One object, or a list."""
        found: Manifest = json.loads(self.request("GET", path))
        return found

    def apply(self, path: str, manifest: Manifest) -> None:
        """Server-side apply; `path` is the object's own."""
        self.request(
            "PATCH",
            f"{path}?fieldManager=sluice-test-cluster&force=true",
            json.dumps(manifest),
            {"Content-Type": "application/apply-patch+yaml"},
        )

    def watch(self, path: str, version: str) -> Iterator[Manifest]:
        """Events after that version, until the server ends the stream."""
        connection = self._connect(330)
        try:
            query = f"watch=1&resourceVersion={version}&timeoutSeconds=300"
            answer = self._send(connection, "GET", f"{path}?{query}", None, {})
            for line in answer:
                yield json.loads(line)
        finally:
            connection.close()

    def request(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: dict[str, str] | None = None,
        seconds: float = 30,
    ) -> str:
        """The body of the answer; raises RefusedError on any error status."""
        connection = self._connect(seconds)
        try:
            return self._send(connection, method, path, body, headers or {}).read().decode()
        finally:
            connection.close()

    def _connect(self, seconds: float) -> http.client.HTTPSConnection:
        trust = ssl.create_default_context(cafile=str(self._authority))
        return http.client.HTTPSConnection(self._address, timeout=seconds, context=trust)

    def _send(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        body: str | None,
        headers: dict[str, str],
    ) -> http.client.HTTPResponse:
        connection.request(
            method, path, body, {**headers, "Authorization": f"Bearer {self._token}"}
        )
        answer = connection.getresponse()
        if answer.status >= http.client.BAD_REQUEST:
            raise RefusedError(method, path, answer.status, answer.read().decode()[:500])
        return answer
