"""A trigger's webhook: who may call it, and what the caller gets."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_core.api.bounds import SecretKey
from sluice_core.api.meta import Spec
from sluice_core.api.rules import Rule

WebhookAuthType = Literal["StandardWebhooks", "GitHub", "Hmac", "Bearer", "None"]
Encoding = Literal["Hex", "Base64"]
Algorithm = Literal["Sha1", "Sha256", "Sha512"]
Respond = Literal["Accepted", "Result"]

HeaderName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9-]+$")]

_HMAC = {"header", "prefix", "encoding", "algorithm"}


class WebhookAuth(Spec):
    """How the sender of a webhook proves who it is."""

    rules = (
        Rule(
            cel="self.type == 'None' || has(self.secretKey)",
            message="this type needs secretKey, a key of the Secret sluice-webhooks",
            holds=lambda it: it.type == "None" or it.secret_key is not None,
            field_path=".secretKey",
        ),
        Rule(
            cel="self.type != 'None' || !has(self.secretKey)",
            message="type None checks nothing, remove secretKey or choose a type that uses it",
            holds=lambda it: it.type != "None" or it.secret_key is None,
            field_path=".secretKey",
        ),
        Rule(
            cel="self.type != 'Hmac' || has(self.header)",
            message="Hmac needs header, the name of the header that carries the signature",
            holds=lambda it: it.type != "Hmac" or it.header is not None,
            field_path=".header",
        ),
        Rule(
            cel=(
                "self.type == 'Hmac' || !(has(self.header) || has(self.prefix)"
                " || has(self.encoding) || has(self.algorithm))"
            ),
            message="header, prefix, encoding and algorithm are for type Hmac, remove them",
            holds=lambda it: it.type == "Hmac" or not it.model_fields_set & _HMAC,
        ),
    )

    type: WebhookAuthType = Field(description="Scheme of the proof; None must be said.")
    secret_key: SecretKey | None = Field(
        None, description="Key of the Secret sluice-webhooks in the workflow's namespace."
    )
    header: HeaderName | None = Field(None, description="Hmac: header that carries the signature.")
    prefix: str | None = Field(
        None, max_length=64, description="Hmac: text before the signature, such as sha256=."
    )
    encoding: Encoding | None = Field(
        None, description="Hmac: how the signature is written; Hex when absent."
    )
    algorithm: Algorithm | None = Field(
        None, description="Hmac: its hash function; Sha256 when absent."
    )


class Webhook(Spec):
    """Run on a POST to /hooks/{namespace}/{workflow}/{trigger}."""

    auth: WebhookAuth = Field(description="How the sender proves who it is.")
    id_header: HeaderName | None = Field(
        None,
        description="Header with the id of a delivery, by which one that comes again makes no "
        "second run; webhook-id, X-GitHub-Delivery or a CloudEvent's id when absent.",
    )
    respond: Respond = Field(
        "Accepted", description="Answer at once, or with the run's result; Accepted when absent."
    )
