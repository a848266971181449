"""http.get, http.post, http.put, http.patch and http.delete: call a URL."""

from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, StringConstraints, model_validator

from sluice_core.catalog.action import ActionType, Params

StatusCode = Annotated[int, Field(ge=200, le=599)]
# What frames a message or chooses another host than the URL's is not its author's to write.
RESERVED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def _not_reserved(name: str) -> str:
    if name.lower() in RESERVED_HEADERS:
        raise ValueError(f"the header {name} is set by the client itself")
    return name


HeaderName = Annotated[  # RFC 9110, 5.1
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$"),
    AfterValidator(_not_reserved),
]
HeaderValue = Annotated[  # RFC 9110, 5.5, without obs-text
    str, StringConstraints(pattern=r"^[\t\x20-\x7e]*$", max_length=16384)
]


class HttpParams(Params):
    """`url` with `query` appended; the output is `{status, headers, body}` of the answer.

    The body is parsed when it says that it is JSON, null when empty, text when it is text, and
    else `{base64, contentType}`. A redirect is followed, unless `expect` names one.
    """

    url: Annotated[str, Field(min_length=1, max_length=8192)]
    headers: dict[HeaderName, HeaderValue] = {}
    query: dict[str, str | int | float | bool] = {}
    expect: Annotated[
        tuple[StatusCode, ...], Field(description="status codes that are a success; none: 2xx")
    ] = ()


class HttpBodyParams(HttpParams):
    """As http.get, and either `json` or `body` is sent, not both."""

    json_: Annotated[JsonValue, Field(alias="json")] = None
    body: str | None = None

    @model_validator(mode="after")
    def _one_body(self) -> "HttpBodyParams":
        if self.body is not None and self.json_ is not None:
            raise ValueError("give json or body, not both")
        return self


def _verb(method: str, params: type[HttpParams], *, repeatable: bool) -> ActionType:
    return ActionType(
        name=f"http.{method}",
        title=f"HTTP {method.upper()}",
        category="http",
        role="reads" if method == "get" else "delivers",
        params=params,
        sample={"url": "https://api.example.com/orders"},
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        credentials=("HttpBearer", "HttpBasic", "HttpApiKey", "Webhook"),
        reaches=(443,),
        repeatable=repeatable,
    )


TYPES = (
    _verb("get", HttpParams, repeatable=True),
    _verb("post", HttpBodyParams, repeatable=False),
    _verb("put", HttpBodyParams, repeatable=True),
    _verb("patch", HttpBodyParams, repeatable=False),
    _verb("delete", HttpBodyParams, repeatable=True),
)
