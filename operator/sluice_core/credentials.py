"""Credentials as actions read them: a model for each type, secret fields and configuration in one.

What lies in the Secret is a `SecretStr`, so that no message or log shows it by accident. Fields
that may lie there or in the configuration are marked `EITHER`.
"""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    model_validator,
)
from pydantic.alias_generators import to_camel

SHORTEST = 4
EITHER = "Secret or configuration"
Port = Annotated[int, Field(ge=1, le=65535)]
Group = tuple[str, ...]


def _long_enough(secret: SecretStr) -> SecretStr:
    """Anything shorter cannot be told from ordinary text, so it could not be kept out of logs."""
    if len(secret.get_secret_value()) < SHORTEST:
        raise ValueError(f"is shorter than {SHORTEST} characters and could not be redacted")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_long_enough)]
Login = SecretStr  # a user's name may be short, and is redacted only where it is long enough


class Credential(BaseModel):
    """The base of all types; `type` is the word of the API.

    Of the fields in each group of `one_of` at least one is given; those in a group of `together`
    all or none. `defaults` are values for a step's `with` where it has none.
    """

    model_config = ConfigDict(
        alias_generator=lambda name: to_camel(name.rstrip("_")),
        validate_by_name=True,
        validate_by_alias=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    type: ClassVar[str]
    one_of: ClassVar[tuple[Group, ...]] = ()
    together: ClassVar[tuple[Group, ...]] = ()

    defaults: dict[str, JsonValue] = {}

    def __hash__(self) -> int:
        """Connections are kept by credential; objects have no hash, and need not count."""
        return hash((type(self), *(value for _, value in self if not isinstance(value, dict))))

    @model_validator(mode="after")
    def _groups(self) -> Self:
        for names in self.together:
            if self._given(names) not in ([], list(names)):
                raise ValueError(f"{_spelt(names, ' and ')} belong together, give all or none")
        for names in self.one_of:
            if not self._given(names):
                raise ValueError(f"give {_spelt(names, ' or ')}")
        return self

    def _given(self, names: Group) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]

    def fills(self) -> dict[str, JsonValue]:
        """What it gives for a step's `with` where that has nothing."""
        return dict(self.defaults)

    def secrets(self) -> tuple[str, ...]:
        """Every value that must not leave the runner."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(one.get_secret_value() for one in values if isinstance(one, SecretStr))


class Smtp(Credential):
    """A mail server; without a user name it is spoken to without a login."""

    type = "Smtp"
    together = (("username", "password"),)
    host: str
    port: Port | None = None
    tls: Literal["StartTls", "Tls", "None"] = "StartTls"
    from_: str | None = None
    username: Login | None = None
    password: Secret | None = None


class Twilio(Credential):
    """A Twilio account; `from_` is the number or service that messages come from."""

    type = "Twilio"
    account_sid: Secret
    auth_token: Secret
    from_: str | None = None


class Ftp(Credential):
    """An FTP server; StartTls is explicit FTPS (RFC 4217), Tls is implicit."""

    type = "Ftp"
    host: str
    port: Port | None = None
    tls: Literal["StartTls", "Tls", "None"] = "StartTls"
    username: Login
    password: Secret


class Sftp(Credential):
    """An SSH server; it is trusted by `host_key`, its public key in OpenSSH's form."""

    type = "Sftp"
    one_of = (("password", "private_key"),)
    host: str
    port: Port | None = None
    username: Login
    password: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    host_key: SecretStr


class AwsS3(Credential):
    """Keys of an S3-compatible store; that of AWS where no endpoint is given."""

    type = "AwsS3"
    access_key_id: Secret
    secret_access_key: Secret
    session_token: Secret | None = None
    region: str = "us-east-1"
    endpoint: str | None = None
    path_style: bool = False


class HttpBearer(Credential):
    """`Authorization: Bearer` (RFC 6750)."""

    type = "HttpBearer"
    token: Secret


class HttpBasic(Credential):
    """`Authorization: Basic` (RFC 7617)."""

    type = "HttpBasic"
    username: Login
    password: Secret


class HttpApiKey(Credential):
    """A key in a header or a query parameter, one of which is named."""

    type = "HttpApiKey"
    one_of = (("header", "query"),)
    key: Secret
    header: str | None = None
    query: str | None = None


class MicrosoftTeams(Credential):
    """An incoming webhook or workflow of a Teams channel; its address is the secret."""

    type = "MicrosoftTeams"
    webhook_url: Secret
    channel: str | None = None


class Slack(Credential):
    """An incoming webhook, or a bot's token, which can post to any channel it is in."""

    type = "Slack"
    one_of = (("webhook_url", "bot_token"),)
    webhook_url: Secret | None = None
    bot_token: Secret | None = None
    channel: str | None = None


class Discord(Credential):
    """A webhook of a Discord channel; its address is the secret."""

    type = "Discord"
    webhook_url: Secret
    channel: str | None = None


class AzureBlobStorage(Credential):
    """A storage account, by connection string, account key or shared access signature."""

    type = "AzureBlobStorage"
    one_of = (("connection_string", "account_key", "sas_token"),)
    connection_string: Secret | None = None
    account_key: Secret | None = None
    sas_token: Secret | None = None
    account: str | None = None
    endpoint: str | None = None


class _OAuth(Credential):
    """A token, or what gets one: a client and its refresh token (RFC 6749, 6)."""

    one_of = (("access_token", "refresh_token"),)
    together = (("client_id", "client_secret", "refresh_token"),)
    access_token: Secret | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None


class Box(_OAuth):
    """A Box account."""

    type = "Box"


class Dropbox(_OAuth):
    """A Dropbox account."""

    type = "Dropbox"


class Database(Credential):
    """A database, by one URL or by its parts."""

    type = "Database"
    one_of = (("url", "host"),)
    dialect: Literal["postgresql", "mysql"]
    url: Secret | None = None
    username: Login | None = None
    password: Secret | None = None
    host: str | None = None
    port: Port | None = None
    database: str | None = None


class OpenAI(Credential):
    """OpenAI, or a service that speaks its API at `base_url`."""

    type = "OpenAI"
    api_key: Secret
    base_url: str = "https://api.openai.com/v1"
    model: str | None = None


class Webhook(Credential):
    """Somebody's webhook; with a secret, requests are signed as Standard Webhooks has it.

    Its address and headers may lie in the Secret too, the headers there as a JSON object.
    """

    type = "Webhook"
    signing_secret: Secret | None = None
    url: Annotated[str | None, EITHER, Field(repr=False)] = None
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Annotated[dict[str, str], EITHER, Field(repr=False)] = {}

    def fills(self) -> dict[str, JsonValue]:
        """Its address too, where a step has none."""
        return ({} if self.url is None else {"url": self.url}) | super().fills()


TYPES: dict[str, type[Credential]] = {
    one.type: one
    for one in (
        Smtp, Twilio, Ftp, Sftp, AwsS3, HttpBearer, HttpBasic, HttpApiKey, MicrosoftTeams, Slack,
        Discord, AzureBlobStorage, Box, Dropbox, Database, OpenAI, Webhook,
    )
}  # fmt: skip


def field_names(kind: type[Credential]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that lie in the Secret, and those of the configuration, as the API spells them."""
    secret, config = [], []
    for name, field in kind.model_fields.items():
        if name == "defaults":
            continue
        either = EITHER in field.metadata
        if either or _mentions_secret(field.annotation):
            secret.append(field.alias or name)
        if either or not _mentions_secret(field.annotation):
            config.append(field.alias or name)
    return tuple(secret), tuple(config)


def _mentions_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_mentions_secret, get_args(annotation)))


def _spelt(names: Group, between: str) -> str:
    return between.join(to_camel(name) for name in names)
