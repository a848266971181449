"""One request to a model's server, and what can go wrong with it as a step's failure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from pydantic import JsonValue, ValidationError

from sluice_core import plain
from sluice_core.credentials import OpenAI
from sluice_runner.actions.action import Context, StepFailed
from sluice_runner.actions.completions import Completion, Message
from sluice_runner.actions.http_answer import failure_of, retry_after

if TYPE_CHECKING:
    import httpx

SAID_BYTES = 2 * plain.KIB
DURATION = re.compile(r"([0-9.]+)(ms|s|m|h|d)")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
BUDGETS = ("requests", "tokens")


@dataclass(frozen=True)
class Endpoint:
    """Where models are asked, and by whom."""

    credential: OpenAI
    context: Context

    @property
    def url(self) -> str:
        """Where completions are made."""
        return f"{self.credential.base_url.rstrip('/')}/chat/completions"

    async def complete(self, body: Message) -> Completion:
        """The server's answer; StepFailed for everything that is none."""
        from sluice_runner.actions.http_failure import failures_of  # noqa: PLC0415 - needs httpx

        with failures_of("POST", self.url):
            answer = await self.context.http().post(
                self.url,
                content=orjson.dumps(body),
                headers={
                    "Authorization": f"Bearer {self.credential.api_key.get_secret_value()}",
                    "Content-Type": "application/json",
                },
                follow_redirects=False,  # nobody but this server is to see what is asked
            )
        if not answer.is_success:
            raise self._refused(answer)
        return self._read(answer)

    def _read(self, answer: httpx.Response) -> Completion:
        try:
            return Completion.model_validate_json(answer.content)
        except ValidationError as error:
            where = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
            place = f" at {where}" if where else ""
            raise StepFailed(
                "Permanent",
                "InvalidAnswer",
                f"{self.url}: the answer is no chat completion{place}; does baseUrl of the "
                f"credential name an OpenAI-compatible API, mostly ending with /v1?",
            ) from error

    def _refused(self, answer: httpx.Response) -> StepFailed:
        status, fault = answer.status_code, _fault(answer)
        message = f"{self.url}: {status}: {plain.cut(fault.message, SAID_BYTES)}"
        reason = _REASONS.get(fault.code) or _REASONS.get(fault.type) or _BY_STATUS.get(status)
        if reason is not None:
            return StepFailed("Permanent", *_with_advice(reason, message))
        failure = "Transient" if status == 409 else failure_of(status)
        reason = "RateLimited" if status == 429 else f"Http{status}"
        return StepFailed(failure, reason, message, self._pause(answer.headers))

    def _pause(self, headers: httpx.Headers) -> float | None:
        """Seconds until the server wants to be asked again.

        Without Retry-After, until the budgets are full again that it says are used up.
        """
        said = retry_after(headers.get("retry-after", ""), self.context.now())
        if said is not None:
            return said
        resets = [
            seconds(headers.get(f"x-ratelimit-reset-{budget}", ""))
            for budget in BUDGETS
            if headers.get(f"x-ratelimit-remaining-{budget}") == "0"
        ]
        return max((reset for reset in resets if reset is not None), default=None)


def seconds(text: str) -> float | None:
    """Of a duration as these servers write it, such as 6m0s or 20ms; None of anything else."""
    if not re.fullmatch(rf"({DURATION.pattern})+", text):
        return None
    try:
        return sum(float(number) * UNITS[unit] for number, unit in DURATION.findall(text))
    except ValueError:
        return None


def endpoint(context: Context) -> Endpoint:
    """The one of the step's credential; StepFailed where it names none that fits."""
    credential = context.credential()
    if isinstance(credential, OpenAI):
        return Endpoint(credential, context)
    message = "the step needs a credential of type OpenAI: name one in its field credential"
    raise StepFailed("Permanent", "CredentialMissing", message)


@dataclass(frozen=True)
class _Fault:
    """The `error` of an answer, as far as it has one."""

    message: str
    code: str = ""
    type: str = ""


def _fault(answer: httpx.Response) -> _Fault:
    try:
        body: JsonValue = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = None
    match body:
        case {"error": {"message": str(message), **more}}:
            return _Fault(message, str(more.get("code")), str(more.get("type")))
        case {"error": str(message)}:
            return _Fault(message)
        case _:
            return _Fault(" ".join(answer.text.split()) or answer.reason_phrase)


# What another attempt would not change, by the code or type of an error, or else by status.
_REASONS = {
    "content_filter": "Refused",
    "content_policy_violation": "Refused",
    "context_length_exceeded": "ContextTooLong",
    "insufficient_quota": "QuotaExceeded",
    "invalid_api_key": "CredentialRefused",
    "model_not_found": "ModelNotFound",
}
_BY_STATUS = {401: "CredentialRefused", 403: "CredentialRefused"}
_ADVICE = {
    "ContextTooLong": "send less, or name a model that reads more",
    "CredentialRefused": "check apiKey in the credential's Secret",
    "ModelNotFound": "name a model that this server has in with.model",
    "QuotaExceeded": "the account has no credit left; add some, or use another credential",
}


def _with_advice(reason: str, message: str) -> tuple[str, str]:
    advice = _ADVICE.get(reason)
    return reason, f"{message}; {advice}" if advice else message
