"""Bounded words and values that several kinds share: each name's form, length and explanation."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from sluice_core.api.kind import ANY_JSON, INT_OR_STRING
from sluice_core.api.rules import RULES, Form, Rule

LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_-]*$"
PORT = (  # 1 to 65535
    r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
IPV6 = r"\[[0-9a-f:]+\]"
HOST = r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
CIDR = r"[0-9a-f.:]+/[0-9]{1,3}"


BAD_RANGE = "the address range is not valid, write it as 10.20.0.0/16 or fd00::/8"
ONLY_RANGES = Rule(cel="!self.contains('/') || isCIDR(self)", message=BAD_RANGE)


def _is_a_range(entry: str) -> str:
    if "/" in entry:
        try:
            ipaddress.ip_network(entry, strict=False)
        except ValueError as error:
            raise ValueError(BAD_RANGE) from error
    return entry


ShortText = Annotated[str, Field(max_length=250)]
LongText = Annotated[str, Field(max_length=1000)]
Template = Annotated[str, Field(max_length=65536)]
Expression = Annotated[str, Field(min_length=1, max_length=1024)]
DottedPath = Annotated[str, Field(min_length=1, max_length=256)]
Tag = Annotated[str, Field(min_length=1, max_length=63)]
Hash = Annotated[
    str,
    Field(max_length=64),
    Form(r"^[0-9a-f]{8,64}$", "use 8 to 64 hexadecimal digits in lower case"),
]
LabelName = Annotated[
    str,
    Field(max_length=63),
    Form(LABEL, "use lower-case letters, digits and hyphens, beginning and ending with no hyphen"),
]
ObjectName = Annotated[
    str,
    Field(max_length=253),
    Form(SUBDOMAIN, "use the name of an object: lower-case letters, digits, hyphens and dots"),
]
WorkflowName = Annotated[
    str,
    Field(max_length=50),
    Form(LABEL, "use the name of a workflow: lower-case letters, digits and hyphens, at most 50"),
]
Identifier = Annotated[
    str,
    Field(max_length=63),
    Form(
        IDENTIFIER,
        "begin with a letter or underscore, then use letters, digits, underscores and hyphens",
    ),
]
ActionName = Annotated[
    str,
    Field(max_length=63),
    Form(
        SUBDOMAIN,
        "use the name of an action, such as http.get, in lower case and with dots between words",
    ),
]
SecretKey = Annotated[
    str,
    Field(max_length=253),
    Form(
        r"^[-._A-Za-z0-9]+$",
        "use a key of a Secret: letters, digits, hyphens, underscores, dots",
    ),
]
Url = Annotated[
    str,
    Field(max_length=2048),
    Form(r"^https?://[^\s/?#]+", "use a URL that begins with https:// or http:// and names a host"),
]
TimeZone = Annotated[
    str,
    Field(max_length=64),
    Form(
        r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
        "use the name of a time zone, such as Europe/Berlin or UTC",
    ),
]
EgressEntry = Annotated[
    str,
    Field(max_length=260, json_schema_extra={RULES: [ONLY_RANGES.schema]}),
    Form(
        f"^({HOST}{PORT}|{IPV6}{PORT}|{CIDR})$",
        "use a host, host:port or CIDR, as in api.example.com:443, *.example.com, 10.20.0.0/16",
    ),
    AfterValidator(_is_a_range),
]
EgressHost = Annotated[
    str,
    Field(max_length=260),
    Form(
        f"^({HOST}|{IPV6}){PORT}$",
        "use a host or host:port, as in api.example.com:443, *.example.com",
    ),
]
Cidr = Annotated[
    str,
    Field(max_length=50, json_schema_extra={RULES: [ONLY_RANGES.schema]}),
    Form(f"^{CIDR}$", "use an address range in CIDR notation, such as 10.20.0.0/16 or fd00::/8"),
    AfterValidator(_is_a_range),
]
Quantity = Annotated[
    int | str,
    Field(json_schema_extra=INT_OR_STRING),
]
Json = Annotated[JsonValue, Field(json_schema_extra=ANY_JSON)]
JsonObject = Annotated[dict[str, JsonValue], Field(max_length=256, json_schema_extra=ANY_JSON)]
JsonSchema = Annotated[dict[str, JsonValue], Field(max_length=64, json_schema_extra=ANY_JSON)]
