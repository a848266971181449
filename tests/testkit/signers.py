"""Makes Ed25519 keys and tokens for a runner, right ones and wrong ones."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sluice_core import names, wire

AUDIENCE = names.runner_audience("workflow-uid", "pod-uid")


@dataclass
class Signer:
    """One process with a key of its own."""

    kid: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def publish(self, folder: Path) -> None:
        public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{self.kid}.pem").write_bytes(public)

    def token(self, scope: str = wire.SCOPE_RUN, **claims: Any) -> str:
        """A good token, but for what `claims` say; None leaves a claim out."""
        now = time.time()
        full = {"aud": AUDIENCE, "scope": scope, "iat": now, "exp": now + 60, **claims}
        given = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(given, self.key, algorithm="EdDSA", headers={"kid": self.kid})
