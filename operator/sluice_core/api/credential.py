"""WorkflowCredential: which Secret an action's credential lies in, and what of it is no secret."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_core.api.bounds import JsonObject, LabelName, ObjectName, SecretKey, Url
from sluice_core.api.credential_types import (
    CONFIG_FITS_TYPE,
    KEYS_FIT_TYPE,
    CredentialType,
    SecretField,
)
from sluice_core.api.kind import KEYED_BY_TYPE, Column, Kind
from sluice_core.api.meta import Condition, Resource, Spec, Status, named_by_a_label
from sluice_core.api.rules import Rule

Tls = Literal["StartTls", "Tls", "None"]
Dialect = Literal["postgresql", "mysql"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
HeaderName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9-]+$")]
Word = Annotated[str, Field(min_length=1, max_length=253)]


class SecretRef(Spec):
    """A Secret of the same namespace."""

    name: ObjectName = Field(description="Name of the Secret.")


class CredentialConfig(Spec):
    """What of a credential is no secret; each field is for the types that it names."""

    host: Word | None = Field(None, description="Smtp, Ftp, Sftp, Database: host of the server.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Smtp, Ftp, Sftp, Database: port; the usual when absent."
    )
    tls: Tls | None = Field(
        None, description="Smtp, Ftp: how the connection is encrypted; StartTls when absent."
    )
    from_: str | None = Field(
        None, min_length=1, max_length=320, description="Smtp, Twilio: who it is sent by."
    )
    region: Word | None = Field(None, description="AwsS3: region.")
    endpoint: Url | None = Field(
        None, description="AwsS3, AzureBlobStorage: address; that of the vendor when absent."
    )
    path_style: bool | None = Field(
        None, description="AwsS3: bucket in the path and not in the host; false when absent."
    )
    header: HeaderName | None = Field(None, description="HttpApiKey: header that carries the key.")
    query: Word | None = Field(None, description="HttpApiKey: query parameter that carries it.")
    channel: Word | None = Field(
        None, description="MicrosoftTeams, Slack, Discord: where to, unless a step says."
    )
    account: Word | None = Field(None, description="AzureBlobStorage: storage account.")
    dialect: Dialect | None = Field(None, description="Database: kind of database.")
    database: Word | None = Field(None, description="Database: name of the database.")
    base_url: Url | None = Field(
        None, description="OpenAI: address of a compatible service; that of OpenAI when absent."
    )
    model: Word | None = Field(None, description="OpenAI: model, unless a step names one.")
    url: Url | None = Field(None, description="Webhook: address, if it is no secret.")
    method: Method | None = Field(None, description="Webhook: method; POST when absent.")
    headers: dict[str, Annotated[str, Field(max_length=4096)]] | None = Field(
        None, max_length=32, description="Webhook: headers that are no secrets."
    )
    defaults: JsonObject | None = Field(
        None, description="Any type: values for a step's configuration where it has none."
    )


def _key_has_one_place(spec: "CredentialSpec") -> bool:
    config = spec.config
    return spec.type != "HttpApiKey" or (config.header is None) != (config.query is None)


class CredentialSpec(Spec):
    """Where the secret fields of the credential are, and what is no secret."""

    rules = (
        *KEYS_FIT_TYPE,
        *CONFIG_FITS_TYPE,
        Rule(
            cel=(
                "!(self.type in ['Smtp', 'Ftp', 'Sftp'])"
                " || (has(self.config) && has(self.config.host))"
            ),
            message="config.host is needed, the host of the server",
            holds=lambda it: it.type not in ("Smtp", "Ftp", "Sftp") or it.config.host is not None,
            field_path=".config",
        ),
        Rule(
            cel=("self.type != 'Database' || (has(self.config) && has(self.config.dialect))"),
            message="config.dialect is needed: postgresql or mysql",
            holds=lambda it: it.type != "Database" or it.config.dialect is not None,
            field_path=".config",
        ),
        Rule(
            cel=(
                "self.type != 'HttpApiKey' || (has(self.config)"
                " && has(self.config.header) != has(self.config.query))"
            ),
            message="set config.header or config.query, the place that carries the key",
            holds=_key_has_one_place,
            field_path=".config",
        ),
    )

    type: CredentialType = Field(description="What the credential is for.")
    secret_ref: SecretRef = Field(
        description="Secret of the same namespace with the secret fields."
    )
    keys: dict[SecretField, SecretKey] = Field(
        default_factory=dict,
        max_length=16,
        description="Secret field to key of the Secret, where the two differ.",
    )
    config: CredentialConfig = Field(
        CredentialConfig(), description="What of the credential is no secret."
    )


class CredentialStatus(Status):
    """Whether the credential can be used, and by whom it is."""

    observed_generation: int = Field(
        0, ge=0, description="The generation of the spec that this was decided for."
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        max_length=8,
        json_schema_extra=KEYED_BY_TYPE,
        description="Ready and InUse, with reasons.",
    )
    used_by: tuple[LabelName, ...] = Field(
        (), max_length=1000, description="Names of the workflows that use it."
    )


class WorkflowCredential(Resource):
    """A type and a reference to a Secret; the object itself has no place for a secret."""

    rules = (named_by_a_label(63),)
    kind_info: ClassVar[Kind] = Kind(
        name="WorkflowCredential",
        plural="workflowcredentials",
        short="flowcred",
        columns=(
            Column(name="Type", path=".spec.type"),
            Column(name="Secret", path=".spec.secretRef.name"),
            Column(name="Ready", path='.status.conditions[?(@.type=="Ready")].status'),
            Column(name="InUse", path='.status.conditions[?(@.type=="InUse")].status'),
            Column(name="Age", path=".metadata.creationTimestamp", type="date"),
        ),
    )

    kind: Literal["WorkflowCredential"] = "WorkflowCredential"
    spec: CredentialSpec = Field(description="Where the secret fields are, and what is no secret.")
    status: CredentialStatus = Field(CredentialStatus(), description="What the operator found.")
