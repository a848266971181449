"""Read CloudEvents 1.0 over HTTP, in binary, structured and batch mode, as events of ours."""

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.datastructures import Headers

from sluice_gateway import payloads
from sluice_gateway.problems import Fault, Problem, of_validation

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST_EVENTS = 100
_PREFIX = "ce-"
_MOST_EXTENSIONS = 32
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_CONTENT = {"data", "data_base64", "datacontenttype", "dataschema", "specversion"}


def _as_written(value: Any) -> Any:
    """A number, and a text with one, are no time: pydantic alone takes both for seconds."""
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("is not a time as RFC 3339 has it")
    return value


class CloudEvent(BaseModel):
    """An event as cloudevents.io has it; attributes of the sender's own are allowed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=1024)
    source: str = Field(min_length=1, max_length=2048)
    type: str = Field(min_length=1, max_length=253)
    time: Annotated[AwareDatetime, BeforeValidator(_as_written)] | None = None
    subject: str | None = Field(None, max_length=2048)
    datacontenttype: str | None = Field(None, max_length=253)
    dataschema: str | None = Field(None, max_length=2048)
    data: Any = None
    data_base64: str | None = None

    def event(self) -> dict[str, Any]:
        """As triggers see it. Raises Problem 422."""
        told = self.model_dump(mode="python", exclude=_CONTENT, exclude_none=True)
        if isinstance(self.time, datetime):
            told["time"] = self.time.isoformat()
        return {**told, "data": self._data()}

    def _data(self) -> Any:
        if self.data_base64 is None:
            return {} if self.data is None else self.data
        try:
            b64decode(self.data_base64, validate=True)
        except ValueError as error:
            fault = Fault("data_base64", "is not base64 (RFC 4648)")
            raise Problem(422, "InvalidRequest", "the event is not valid", [fault]) from error
        media = self.datacontenttype or "application/octet-stream"
        return {"base64": self.data_base64, "contentType": media}


def is_binary(headers: Headers) -> bool:
    """Whether the attributes are in headers, and the body is the data."""
    return f"{_PREFIX}specversion" in headers or f"{_PREFIX}type" in headers


def binary(headers: Headers, body: bytes) -> dict[str, Any]:
    """Raises Problem 400 or 422."""
    attributes: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }
    reserved = attributes.keys() & {"data", "data_base64", "datacontenttype"}
    if reserved:
        faults = [Fault(_PREFIX + name, "is not an attribute") for name in sorted(reserved)]
        raise Problem(422, "InvalidRequest", "the event is not valid", faults)
    media = payloads.media_type(headers)
    return of(attributes | {"data": payloads.read(media, body)})


def batch(values: Any) -> list[dict[str, Any]]:
    """Raises Problem 413 or 422, where all of them are refused for one."""
    if not isinstance(values, list):
        fault = Fault("body", "is not a list of events")
        raise Problem(422, "InvalidRequest", "a batch is a list of events", [fault])
    if len(values) > MOST_EVENTS:
        raise Problem(413, "TooManyEvents", f"a batch has at most {MOST_EVENTS} events")
    return [of(value, f"{index}.") for index, value in enumerate(values)]


def of(value: Any, place: str = "") -> dict[str, Any]:
    """One event in the JSON form. Raises Problem 422."""
    if isinstance(value, Mapping) and len(value) > _MOST_EXTENSIONS:
        fault = Fault(place + "body", f"has more than {_MOST_EXTENSIONS} attributes")
        raise Problem(422, "InvalidRequest", "the event is not valid", [fault])
    try:
        return CloudEvent.model_validate(value).event()
    except ValidationError as error:
        problem = of_validation(error.errors(include_url=False, include_context=False))
        faults = [Fault(place + one.path, one.message, one.hint) for one in problem.faults]
        raise Problem(problem.status, problem.reason, problem.detail, faults) from error
