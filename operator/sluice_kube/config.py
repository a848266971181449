"""Where the API server is and who we are to it, in a pod or from a kubeconfig."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from sluice_kube import tokens

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class ConfigError(Exception):
    """No usable cluster configuration; the message says what is missing and where."""


@dataclass(frozen=True)
class ClusterConfig:
    """All that a session needs to know of its cluster.

    `namespace` is the pod's, or the context's. `server_name` is what the certificate must bear
    when that is not the host of `server`.
    """

    server: str
    namespace: str = "default"
    token: tokens.TokenSource = tokens.NONE
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    proxy: str | None = None


def load(kubeconfig: str | None = None, context: str | None = None) -> ClusterConfig:
    """In-cluster when in a pod, else the kubeconfig of $KUBECONFIG or ~/.kube/config.

    A kubeconfig or context that is named wins over the pod's own account.
    """
    if not kubeconfig and not context and in_cluster():
        return from_service_account(SERVICE_ACCOUNT)
    # Not needed in a pod, where YAML is not read at all.
    from sluice_kube import kubeconfig as file  # noqa: PLC0415

    return file.read(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config", context)


def in_cluster() -> bool:
    """Whether this process is a pod with a service account mounted."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and SERVICE_ACCOUNT.is_dir()


def from_service_account(folder: Path) -> ClusterConfig:
    """The configuration that the kubelet mounts; the token in it rotates."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        return ClusterConfig(
            server=f"https://{authority}",
            namespace=(folder / "namespace").read_text().strip(),
            token=tokens.FileToken(folder / "token"),
            tls=trusting((folder / "ca.crt").read_text()),
        )
    except OSError as error:
        raise ConfigError(f"service account: {error}") from error


def trusting(authority: str | None) -> ssl.SSLContext:
    """A TLS context that trusts this CA (PEM), or without one what the machine trusts."""
    tls = ssl.create_default_context(cadata=authority)
    # On by default since Python 3.13, and refuses the CAs of many clusters: they bear no
    # authority key identifier.
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return tls
