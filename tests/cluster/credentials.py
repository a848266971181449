"""Who may speak to the API server: one random token for each component and for the admin."""

import json
import secrets
from pathlib import Path

from cluster import layout
from cluster.commands import run

FOLDER = layout.STATE / "credentials"
SERVICE_ACCOUNT_KEY = FOLDER / "service-accounts.key"
CLIENT_AUTHORITY = FOLDER / "clients.crt"
TOKENS = FOLDER / "tokens.csv"
SERVING = FOLDER / "apiserver"
SERVING_CERTIFICATE = SERVING / "apiserver.crt"  # the API server signs its own: it is its own CA

USERS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "proxy": ("system:kube-proxy", ""),
    "kubelet": (f"system:node:{layout.NODE}", "system:nodes"),
}
"""Component: its user and group in the cluster."""


def make() -> None:
    """Keys, tokens and kubeconfigs, all new."""
    FOLDER.mkdir(parents=True, mode=0o700)
    run("openssl", "genrsa", "-out", SERVICE_ACCOUNT_KEY, "2048")
    # No client has a certificate. But without an authority for them the API server does not fill
    # extension-apiserver-authentication, and the other components log errors for ever.
    subject = ("-subj", "/CN=sluice-test-clients", "-days", "3650")
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", FOLDER / "clients.key")
    run("openssl", "req", "-x509", *key, "-out", CLIENT_AUTHORITY, *subject)
    tokens = {name: secrets.token_urlsafe(24) for name in USERS}
    TOKENS.write_text(
        "".join(
            f'{tokens[name]},{user},{name},"{group}"\n' for name, (user, group) in USERS.items()
        )
    )
    for name, token in tokens.items():
        kubeconfig(name).write_text(json.dumps(_config(token)))
        kubeconfig(name).chmod(0o600)


def kubeconfig(name: str) -> Path:
    """A component's own, or the admin's, which is the one that people use."""
    return layout.KUBECONFIG if name == "admin" else FOLDER / f"{name}.kubeconfig"


def _config(token: str) -> dict[str, object]:
    server = {"server": layout.API, "certificate-authority": str(SERVING_CERTIFICATE)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sluice", "cluster": server}],
        "users": [{"name": "sluice", "user": {"token": token}}],
        "contexts": [{"name": "sluice", "context": {"cluster": "sluice", "user": "sluice"}}],
        "current-context": "sluice",
    }
