"""The types of credentials: which secret fields and which configuration each one has."""

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel

from sluice_core.api.rules import Rule
from sluice_core.credentials import TYPES, field_names

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
    """What a type of credential consists of, in the spelling of the object."""

    secret: tuple[str, ...]
    config: tuple[str, ...] = ()


FIELDS: dict[CredentialType, Fields] = {
    kind: Fields(*field_names(TYPES[kind])) for kind in get_args(CredentialType)
}
"""Of each type, as sluice_core.credentials has it."""


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
