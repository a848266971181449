"""http.get, http.post, http.put, http.patch and http.delete: call a URL."""

from typing import Annotated

from pydantic import Field, JsonValue, model_validator

from sluice_core.catalog.action import ActionType, Params

StatusCode = Annotated[int, Field(ge=100, le=599)]


class HttpParams(Params):
    """`url` with `query` appended; the answer's body is the output, parsed when it is JSON."""

    url: Annotated[str, Field(min_length=1, max_length=8192)]
    headers: dict[str, str] = {}
    query: dict[str, str | int | float | bool] = {}
    expect: Annotated[
        tuple[StatusCode, ...], Field(description="status codes that are a success; none: 2xx")
    ] = ()


class HttpBodyParams(HttpParams):
    """Either `json` or `body` is sent, not both."""

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
        credentials=("HttpBearer", "HttpBasic", "HttpApiKey"),
        repeatable=repeatable,
    )


TYPES = (
    _verb("get", HttpParams, repeatable=True),
    _verb("post", HttpBodyParams, repeatable=False),
    _verb("put", HttpBodyParams, repeatable=True),
    _verb("patch", HttpBodyParams, repeatable=False),
    _verb("delete", HttpBodyParams, repeatable=True),
)
