"""Bearer tokens that rotate: each source is asked before every request and answers from memory."""

import asyncio
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson

from sluice_kube import errors

REREAD_SECONDS = 60.0
EXPIRY_MARGIN_SECONDS = 30.0


class NoToken(errors.Unauthorized):
    """No token can be had; the message says from where."""

    def __init__(self, message: str) -> None:
        super().__init__(401, "NoToken", message)


class TokenSource(Protocol):
    """Where a request's token comes from."""

    async def token(self, *, refused: bool = False) -> str | None:
        """The token now, or None for none; `refused` when the server did not take the last one."""


@dataclass(frozen=True)
class FixedToken:
    """A token that was written into the kubeconfig, or none."""

    value: str | None = field(default=None, repr=False)

    async def token(self, *, refused: bool = False) -> str | None:  # noqa: ARG002 - the port's
        """Always the same."""
        return self.value


NONE = FixedToken()


@dataclass
class FileToken:
    """A token that somebody else keeps fresh in a file, as the kubelet does in a pod."""

    path: Path
    clock: Callable[[], float] = time.monotonic
    _value: str = field(default="", init=False, repr=False)
    _read_at: float = field(default=float("-inf"), init=False)

    async def token(self, *, refused: bool = False) -> str | None:
        """Read again at most once a minute, or when refused."""
        now = self.clock()
        if refused or now - self._read_at >= REREAD_SECONDS:
            # A page of tmpfs: not worth a thread.
            try:
                self._value = self.path.read_text().strip()
            except OSError as error:
                raise NoToken(f"token file: {error}") from error
            self._read_at = now
        return self._value


@dataclass
class ExecToken:
    """A credential plugin of a kubeconfig (client.authentication.k8s.io), run when it must be."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    api_version: str
    tls: ssl.SSLContext | None = None
    clock: Callable[[], float] = time.time
    _value: str | None = field(default=None, init=False, repr=False)
    _expires_at: float = field(default=float("-inf"), init=False)

    async def token(self, *, refused: bool = False) -> str | None:
        """Runs the plugin the first time, shortly before expiry, and when refused."""
        if refused or self.clock() >= self._expires_at - EXPIRY_MARGIN_SECONDS:
            self._take(await self._run())
        return self._value

    async def _run(self) -> dict[str, Any]:
        wanted = {"apiVersion": self.api_version, "kind": "ExecCredential"}
        info = orjson.dumps({**wanted, "spec": {"interactive": False}}).decode()
        process = await asyncio.create_subprocess_exec(
            self.command,
            *self.arguments,
            env={**os.environ, **self.environment, "KUBERNETES_EXEC_INFO": info},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, trouble = await process.communicate()
        if process.returncode:
            said = trouble.decode(errors="replace").strip()
            raise NoToken(f"{self.command} ended with {process.returncode}: {said}")
        status: dict[str, Any] = orjson.loads(output)["status"]
        return status

    def _take(self, status: Mapping[str, Any]) -> None:
        self._value = status.get("token")
        expiry = status.get("expirationTimestamp")
        self._expires_at = datetime.fromisoformat(expiry).timestamp() if expiry else float("inf")
        if self.tls and "clientCertificateData" in status:
            certificate, key = status["clientCertificateData"], status["clientKeyData"]
            present_certificate(self.tls, certificate.encode(), key.encode())


def present_certificate(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Makes new connections show a client certificate; both are PEM."""
    # OpenSSL takes a path only; the file is ours alone (0600) and gone when this returns.
    with tempfile.NamedTemporaryFile() as pem:
        pem.write(certificate + b"\n" + key)
        pem.flush()
        tls.load_cert_chain(pem.name)
