"""Each action that calls a vendor's API: it succeeds, and it fails in every way that calls can."""

from dataclasses import dataclass

import httpx
import pytest

from sluice_core.wire import FailureClass
from testkit.https_server import Answer
from testkit.ports import a_free_port
from testkit.vendors.api import playing
from testkit.vendors.calls import Operator, call, failure
from testkit.vendors.cases import CASES, Case

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
MIB = 1024 * 1024


@each_case
async def test_it_does_what_it_is_for(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    api, operator = case.api(), Operator()
    caplog.set_level("INFO")

    async with playing(api) as (_, http):
        done = await call(case.action, http, api, operator, **case.given)

    assert done.output == case.output
    assert tuple(kind for kind, _ in operator.asked) == case.asks
    assert not any(secret in caplog.text for secret in api.credential.secrets())


@each_case
async def test_a_credential_that_the_vendor_refuses(case: Case) -> None:
    api = case.api()

    async with playing(api) as (_, http):
        failed = await failure(case.action, http, api.wrong_credential, **case.given)

    assert (failed.failure, failed.reason) == ("Permanent", case.refused_as)


@each_case
async def test_the_pause_that_the_vendor_asks_for_is_passed_on(case: Case) -> None:
    api = case.api()
    answer, pause = api.rate_limited()

    async with playing(api) as (server, http):
        server.handle = lambda _: answer
        failed = await failure(case.action, http, api.credential, **case.given)

    assert (failed.failure, failed.retry_after_seconds) == ("RateLimited", pause)


@each_case
async def test_nobody_listens(case: Case) -> None:
    api = case.api()

    async with playing(api) as (server, http):
        server.port = a_free_port()
        failed = await failure(case.action, http, api.credential, **case.given)

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")


@dataclass(frozen=True)
class Fault:
    """An answer that is none, and what it means to the step."""

    answer: Answer
    failure: FailureClass
    reason: str


FAULTS = {
    "hangs up": Fault(Answer(hang_up=True), "Transient", "ConnectionFailed"),
    "is cut in the middle": Fault(
        Answer(200, {"Content-Length": "1000"}, b'{"id": ', then="hang up"),
        "Transient",
        "ConnectionFailed",
    ),
    "never answers": Fault(Answer(silent=True), "Timeout", "Timeout"),
    "falls silent in the middle": Fault(
        Answer(200, {"Content-Length": "1000"}, b'{"id": ', then="silence"), "Timeout", "Timeout"
    ),
    "is broken": Fault(Answer(500, {}, b"oops"), "Transient", "Http500"),
    "is away": Fault(Answer(503, {}, b""), "Transient", "Http503"),
    "says too much": Fault(Answer(200, {}, b"x" * (10 * MIB + 1)), "Permanent", "BodyRefused"),
    "announces too much": Fault(
        Answer(200, {"Content-Length": str(10**15)}, b"x", then="silence"),
        "Permanent",
        "BodyRefused",
    ),
    "redirects": Fault(
        Answer(302, {"Location": "https://elsewhere.example"}), "Permanent", "Http302"
    ),
    "names a charset that is none": Fault(
        Answer(400, {"Content-Type": "text/plain; charset=zlib"}, b"no"), "Permanent", "Http400"
    ),
    "says too much of an error": Fault(Answer(400, {}, b"no " * MIB), "Permanent", "Http400"),
}


@each_case
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_the_vendor(fault: Fault, case: Case) -> None:
    api = case.api()

    async with playing(api) as (server, http):
        server.handle = lambda _: fault.answer
        http.timeout = httpx.Timeout(0.2, connect=5)
        failed = await failure(case.action, http, api.credential, **case.given)

    assert (failed.failure, failed.reason) == (fault.failure, fault.reason)


@each_case
async def test_a_certificate_of_somebody_else_sees_no_request(case: Case) -> None:
    api, stranger = case.api(), case.api()
    stranger.hosts = ("elsewhere.example",)

    async with playing(stranger) as (other, _), playing(api) as (server, http):
        server.port = other.port
        failed = await failure(case.action, http, api.credential, **case.given)

    assert (failed.failure, failed.reason, other.received) == (
        "Permanent", "CertificateInvalid", [],
    )  # fmt: skip


@each_case
async def test_without_a_credential_nothing_is_sent(case: Case) -> None:
    api = case.api()

    async with playing(api) as (server, http):
        failed = await failure(case.action, http, None, **case.given)

    assert (failed.reason, server.received) == ("CredentialMissing", [])
    assert type(api.credential).type in failed.message
