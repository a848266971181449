"""Tokens of ServiceAccounts that no TokenRequest gives: made with the cluster's own key."""

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cluster.credentials import SERVICE_ACCOUNT_KEY
from sluice_core import names
from sluice_kube.resources import Manifest

ISSUER = "https://kubernetes.default.svc"


def until(account: Manifest, seconds: float) -> str:
    """A token of the account that ends so many seconds from now, or did before (RFC 7519)."""
    now, metadata = time.time(), account["metadata"]
    holder = {"name": metadata["name"], "uid": metadata["uid"]}
    claims = {
        "iss": ISSUER,
        "aud": [names.GATEWAY_AUDIENCE],
        "sub": f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}",
        "iat": int(now - 7200),
        "nbf": int(now - 7200),
        "exp": int(now + seconds),
        "kubernetes.io": {"namespace": metadata["namespace"], "serviceaccount": holder},
    }
    signed = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}"
    key = load_pem_private_key(SERVICE_ACCOUNT_KEY.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_text(signature)}"


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
