"""Read a kubeconfig: cluster, CA, client certificate, token, token file, exec plugin."""

import base64
import binascii
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sluice_kube import config, tokens

Entry = Mapping[str, Any]


def read(paths: str, context: str | None = None) -> config.ClusterConfig:
    """The configuration of a context, by default the current one.

    `paths` may be several, separated as in $PATH: like kubectl, the first that names a thing wins.
    Raises ConfigError when something in it is missing or cannot be used.
    """
    try:
        return _chosen(_merged(paths), context)
    except (OSError, ssl.SSLError, yaml.YAMLError, KeyError, binascii.Error) as error:
        raise config.ConfigError(f"kubeconfig {paths}: {error!r}") from error


def _merged(paths: str) -> dict[str, Any]:
    merged: dict[str, Any] = {"clusters": {}, "users": {}, "contexts": {}}
    files = [Path(p).expanduser() for p in paths.split(os.pathsep) if p]
    found = [f for f in files if f.is_file()]
    if not found:
        raise config.ConfigError(f"not in a pod, and no kubeconfig at {paths}")
    for file in found:
        content = yaml.safe_load(file.read_text()) or {}
        merged.setdefault("current-context", content.get("current-context"))
        for plural, singular in (
            ("clusters", "cluster"),
            ("users", "user"),
            ("contexts", "context"),
        ):
            for entry in content.get(plural) or ():
                # Relative paths in an entry are relative to the file that it stands in.
                value = {**(entry.get(singular) or {}), "folder": file.parent}
                merged[plural].setdefault(entry["name"], value)
    return merged


def _chosen(merged: Entry, wanted: str | None) -> config.ClusterConfig:
    name = wanted or merged.get("current-context")
    if name not in merged["contexts"]:
        raise config.ConfigError(f"kubeconfig has no context {name!r}")
    context = merged["contexts"][name]
    cluster = merged["clusters"][context["cluster"]]
    user = merged["users"].get(context.get("user"), {})
    tls = _tls(cluster, user)
    return config.ClusterConfig(
        server=cluster["server"].rstrip("/"),
        namespace=context.get("namespace") or "default",
        token=_token(user, tls),
        tls=tls,
        server_name=cluster.get("tls-server-name"),
        proxy=cluster.get("proxy-url"),
    )


def _tls(cluster: Entry, user: Entry) -> ssl.SSLContext | None:
    if not cluster["server"].startswith("https:"):
        return None
    authority = _content(cluster, "certificate-authority")
    tls = config.trusting(authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    certificate, key = _content(user, "client-certificate"), _content(user, "client-key")
    if certificate and key:
        tokens.present_certificate(tls, certificate, key)
    return tls


def _content(entry: Entry, name: str) -> bytes | None:
    """What `name`-data holds in base64, or else the file that `name` points to."""
    if data := entry.get(f"{name}-data"):
        return base64.b64decode(data, validate=True)
    if path := entry.get(name):
        return bytes((entry["folder"] / Path(path)).read_bytes())
    return None


def _token(user: Entry, tls: ssl.SSLContext | None) -> tokens.TokenSource:
    if plugin := user.get("exec"):
        return _plugin(plugin, user["folder"], tls)
    if path := user.get("tokenFile"):
        return tokens.FileToken(user["folder"] / Path(path))
    if "auth-provider" in user:
        raise config.ConfigError("auth-provider was removed in Kubernetes 1.26: use an exec plugin")
    return tokens.FixedToken(user.get("token"))


def _plugin(plugin: Entry, folder: Path, tls: ssl.SSLContext | None) -> tokens.ExecToken:
    command = plugin["command"]
    if "/" in command:  # as kubectl reads it: relative to the file, else on $PATH
        command = str(folder / command)
    return tokens.ExecToken(
        command=command,
        arguments=tuple(plugin.get("args") or ()),
        environment={pair["name"]: pair["value"] for pair in plugin.get("env") or ()},
        api_version=plugin["apiVersion"],
        tls=tls,
    )
