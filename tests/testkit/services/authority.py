"""The certificate authority of this session of tests: servers show its certificates."""

import ssl
from functools import cache
from pathlib import Path

import trustme

from sluice_runner.egress.connect import Guard
from sluice_runner.egress.rules import Egress

HOSTS = ("127.0.0.1", "localhost")


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority().issue_cert(*HOSTS).configure_cert(context)
    return context


@cache
def trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


def write(folder: Path) -> None:
    """`ca.pem`, `cert.pem` and `key.pem`, for servers that read files."""
    authority().cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf = authority().issue_cert(*HOSTS)
    leaf.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    leaf.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "key.pem").chmod(0o600)


def a_guard(*allow: str) -> Guard:
    """Opens loopback, and trusts the authority of this session."""
    return Guard(Egress(allow or ("127.0.0.1",)), trust=trust)
