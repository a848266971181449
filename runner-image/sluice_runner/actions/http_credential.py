"""What a credential adds to an HTTP request: headers, a query parameter, a signature."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sluice_core import standard_webhooks
from sluice_core.credentials import Credential, HttpApiKey, HttpBasic, HttpBearer, Webhook
from sluice_runner.actions.action import Context, StepFailed

FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")  # RFC 9110, 5.5, without obs-text


@dataclass(frozen=True)
class Additions:
    """`headers` and `query` take the place of the step's, which takes that of `defaults`."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


def additions(ctx: Context, body: bytes) -> Additions:
    """By the step's credential, as it is now; raises StepFailed."""
    made = _by_type(ctx.credential(), ctx, body)
    for name, value in (*made.headers.items(), *made.defaults.items()):
        if not FIELD_VALUE.fullmatch(value):
            raise _refused(f"its value has characters that the header {name} cannot carry")
    return made


def _by_type(credential: Credential | None, ctx: Context, body: bytes) -> Additions:
    match credential:
        case None:
            return Additions()
        case HttpBearer(token=token):
            return _authorization(f"Bearer {token.get_secret_value()}")
        case HttpBasic():
            return _authorization(f"Basic {_login(credential)}")
        case HttpApiKey(key=key, header=str(header)):
            return Additions(headers={header: key.get_secret_value()})
        case HttpApiKey(key=key, query=str(query)):
            return Additions(query={query: key.get_secret_value()})
        case Webhook():
            return Additions(_signature(credential, ctx, body), defaults=credential.headers)
        case _:
            raise _refused(f"a credential of type {credential.type} is not for HTTP requests")


def shown(url: str, ctx: Context) -> str:
    """What of the URL a message may tell; of one that a credential gives, the host alone."""
    credential = ctx.credential()
    if not isinstance(credential, Webhook) or credential.url != url:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """Headers of which a later layer's take the place of an earlier one's, in whatever case."""
    made: dict[str, tuple[str, str]] = {}
    for layer in layers:
        made |= {name.lower(): (name, value) for name, value in layer.items()}
    return dict(made.values())


def _authorization(value: str) -> Additions:
    return Additions(headers={"Authorization": value})


def _login(credential: HttpBasic) -> str:
    user = credential.username.get_secret_value()
    if ":" in user:  # RFC 7617, 2
        raise _refused(
            "username has a colon in it, which HTTP's basic authentication does not allow"
        )
    return b64encode(f"{user}:{credential.password.get_secret_value()}".encode()).decode()


def _signature(credential: Webhook, ctx: Context, body: bytes) -> dict[str, str]:
    if credential.signing_secret is None:
        return {}
    secret, seconds = credential.signing_secret.get_secret_value(), int(ctx.now().timestamp())
    message_id = standard_webhooks.message_id(ctx.key)
    try:
        return standard_webhooks.headers(secret, message_id, seconds, body)
    except standard_webhooks.UnusableSecret as error:
        raise _refused(f"signingSecret {error}") from None


def _refused(message: str) -> StepFailed:
    return StepFailed("Permanent", "CredentialInvalid", f"the credential of this step: {message}")
