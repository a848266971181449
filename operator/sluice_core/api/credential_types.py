"""The types of credentials: which secret fields and which configuration each one has."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from sluice_core.api.rules import Rule

CredentialType = Literal[
    "Smtp",
    "Twilio",
    "Ftp",
    "Sftp",
    "AwsS3",
    "HttpBearer",
    "HttpBasic",
    "HttpApiKey",
    "MicrosoftTeams",
    "Slack",
    "Discord",
    "AzureBlobStorage",
    "Box",
    "Dropbox",
    "Database",
    "OpenAI",
    "Webhook",
]
SecretField = Literal[
    "username",
    "password",
    "accountSid",
    "authToken",
    "privateKey",
    "passphrase",
    "hostKey",
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
    "token",
    "key",
    "webhookUrl",
    "botToken",
    "connectionString",
    "accountKey",
    "sasToken",
    "accessToken",
    "clientId",
    "clientSecret",
    "refreshToken",
    "url",
    "apiKey",
    "signingSecret",
    "headers",
]


@dataclass(frozen=True)
class Fields:
    """What a type of credential consists of; `config` in the spelling of the object."""

    secret: tuple[SecretField, ...]
    config: tuple[str, ...] = ()


_LOGIN: tuple[SecretField, ...] = ("username", "password")
_OAUTH: tuple[SecretField, ...] = ("accessToken", "clientId", "clientSecret", "refreshToken")

FIELDS: dict[CredentialType, Fields] = {
    "Smtp": Fields(_LOGIN, ("host", "port", "tls", "from")),
    "Twilio": Fields(("accountSid", "authToken"), ("from",)),
    "Ftp": Fields(_LOGIN, ("host", "port", "tls")),
    "Sftp": Fields((*_LOGIN, "privateKey", "passphrase", "hostKey"), ("host", "port")),
    "AwsS3": Fields(
        ("accessKeyId", "secretAccessKey", "sessionToken"), ("region", "endpoint", "pathStyle")
    ),
    "HttpBearer": Fields(("token",)),
    "HttpBasic": Fields(_LOGIN),
    "HttpApiKey": Fields(("key",), ("header", "query")),
    "MicrosoftTeams": Fields(("webhookUrl",), ("channel",)),
    "Slack": Fields(("webhookUrl", "botToken"), ("channel",)),
    "Discord": Fields(("webhookUrl",), ("channel",)),
    "AzureBlobStorage": Fields(
        ("connectionString", "accountKey", "sasToken"), ("account", "endpoint")
    ),
    "Box": Fields(_OAUTH),
    "Dropbox": Fields(_OAUTH),
    "Database": Fields(("url", *_LOGIN), ("dialect", "host", "port", "database")),
    "OpenAI": Fields(("apiKey",), ("baseUrl", "model")),
    "Webhook": Fields(("signingSecret", "url", "headers"), ("url", "method", "headers")),
}


def _words(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _secrets_of(kind: str, fields: Fields) -> Rule:
    return Rule(
        cel=(
            f"self.type != '{kind}' || !has(self.keys)"
            f" || self.keys.all(field, field in {_words(fields.secret)})"
        ),
        message=f"the secret fields of {kind} are {', '.join(fields.secret)}",
        holds=lambda it: it.type != kind or it.keys.keys() <= set(fields.secret),
        field_path=".keys",
    )


KEYS_FIT_TYPE = tuple(_secrets_of(kind, fields) for kind, fields in FIELDS.items())


def _has(config: BaseModel, field: str) -> bool:
    return field in config.model_dump(exclude_unset=True, exclude_none=True)


def _only_for(field: str) -> Rule:
    types = tuple(kind for kind, fields in FIELDS.items() if field in fields.config)
    return Rule(
        cel=(f"!has(self.config) || !has(self.config.{field}) || self.type in {_words(types)}"),
        message=f"config.{field} is for {', '.join(types)}, remove it",
        holds=lambda it: it.type in types or not _has(it.config, field),
        field_path=".config",
    )


CONFIG_FITS_TYPE = tuple(
    _only_for(field)
    for field in dict.fromkeys(field for fields in FIELDS.values() for field in fields.config)
)
