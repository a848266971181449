"""Where the cluster is and who we are, from a pod's files and from kubeconfigs."""

import base64
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from sluice_kube import config, kubeconfig, tokens

CA = trustme.CA()
CA_PEM = CA.cert_pem.bytes()


def a_kubeconfig(folder: Path, user: dict[str, Any], name: str = "config", **cluster: Any) -> str:
    server = {"server": "https://there:6443/", **cluster}
    content = {
        "current-context": "c",
        "clusters": [{"name": "k", "cluster": server}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "n"}}],
    }
    path = folder / name
    path.write_text(yaml.safe_dump(content))
    return str(path)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_the_current_context_is_taken(tmp_path: Path) -> None:
    data = encoded(CA_PEM)
    path = a_kubeconfig(tmp_path, {"token": "t"}, **{"certificate-authority-data": data})

    read = kubeconfig.read(path)

    assert (read.server, read.namespace) == ("https://there:6443", "n")
    assert await read.token.token() == "t"
    assert read.tls is not None
    assert read.tls.cert_store_stats()["x509_ca"] == 1
    assert read.tls.verify_mode == ssl.CERT_REQUIRED
    assert "'t'" not in repr(read)


async def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(CA_PEM)
    (tmp_path / "token").write_text("from the file\n")
    user = {"tokenFile": "token"}

    read = kubeconfig.read(a_kubeconfig(tmp_path, user, **{"certificate-authority": "ca.pem"}))

    assert await read.token.token() == "from the file"


def test_a_client_certificate_is_presented(tmp_path: Path) -> None:
    issued = CA.issue_cert("me")
    user = {
        "client-certificate-data": encoded(issued.cert_chain_pems[0].bytes()),
        "client-key-data": encoded(issued.private_key_pem.bytes()),
    }

    read = kubeconfig.read(a_kubeconfig(tmp_path, user))

    assert read.tls is not None


def test_the_first_of_several_files_wins(tmp_path: Path) -> None:
    first = a_kubeconfig(tmp_path, {"token": "1"}, "first", server="https://first")
    second = a_kubeconfig(tmp_path, {"token": "2"}, "second", server="https://second")

    read = kubeconfig.read(f"{tmp_path}/missing:{first}:{second}")

    assert read.server == "https://first"


PLUGIN = """
import json, os
spec = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
status = {"token": os.environ["WORD"], "expirationTimestamp": "2030-01-01T00:00:00Z"}
print(json.dumps({"kind": spec["kind"], "status": status}))
"""


async def test_a_plugin_is_asked_once_until_its_answer_expires(tmp_path: Path) -> None:
    plugin = {
        "command": sys.executable,
        "args": ["-c", PLUGIN],
        "env": [{"name": "WORD", "value": "from the plugin"}],
        "apiVersion": "client.authentication.k8s.io/v1",
    }
    source = kubeconfig.read(a_kubeconfig(tmp_path, {"exec": plugin})).token
    assert isinstance(source, tokens.ExecToken)

    first = await source.token()
    source.environment = {"WORD": "newer"}
    second = await source.token()
    after_refusal = await source.token(refused=True)
    source.environment = {"WORD": "newest"}
    source.clock = lambda: 1_893_456_000 - 10  # ten seconds before it expires
    after_expiry = await source.token()

    assert (first, second) == ("from the plugin", "from the plugin")
    assert (after_refusal, after_expiry) == ("newer", "newest")


async def test_a_plugin_that_fails_says_why() -> None:
    source = tokens.ExecToken("sh", ("-c", "echo no login >&2; exit 3"), {}, "v1")

    with pytest.raises(tokens.NoToken, match="ended with 3: no login"):
        await source.token()


async def test_a_token_file_is_read_once_a_minute(tmp_path: Path) -> None:
    now = [0.0]
    file = tmp_path / "token"
    source = tokens.FileToken(file, clock=lambda: now[0])
    file.write_text("one")

    first = await source.token()
    file.write_text("two")
    now[0] = 59.0
    second = await source.token()
    now[0] = 60.0
    third = await source.token()

    assert [first, second, third] == ["one", "one", "two"]


async def test_a_token_file_that_is_gone_is_no_token(tmp_path: Path) -> None:
    with pytest.raises(tokens.NoToken, match="token file"):
        await tokens.FileToken(tmp_path / "none").token()


@pytest.mark.parametrize(
    ("host", "server"), [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
async def test_a_pod_knows_its_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, server: str
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    for name, text in {"token": "t", "namespace": "n\n", "ca.crt": CA_PEM.decode()}.items():
        (tmp_path / name).write_text(text)

    read = config.from_service_account(tmp_path)

    assert (read.server, read.namespace, await read.token.token()) == (server, "n", "t")


BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a CA that is no base64": ({}, {"certificate-authority-data": "%"}, "kubeconfig"),
    "a CA that is not there": ({}, {"certificate-authority": "none"}, "kubeconfig"),
    "a login that Kubernetes dropped": ({"auth-provider": {}}, {}, "auth-provider was removed"),
}


@pytest.mark.parametrize(("user", "cluster", "message"), BROKEN.values(), ids=BROKEN)
def test_broken(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], message: str
) -> None:
    path = a_kubeconfig(tmp_path, user, **cluster)

    with pytest.raises(config.ConfigError, match=message):
        kubeconfig.read(path)


def test_no_file_and_no_context(tmp_path: Path) -> None:
    path = a_kubeconfig(tmp_path, {})

    with pytest.raises(config.ConfigError, match="no kubeconfig at"):
        kubeconfig.read(str(tmp_path / "none"))
    with pytest.raises(config.ConfigError, match="no context 'other'"):
        kubeconfig.read(path, "other")
