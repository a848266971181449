"""examples/business: what each action asks of a business service, and whole workflows of them."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import yaml
from pydantic import JsonValue

from sluice_core.catalog import CATALOG
from sluice_gateway.forms.recognised import convert
from sluice_gateway.forms.surroundings import Surroundings
from testkit.business import BEARER, FOLDER, catalogue, play
from testkit.https_server import Answer, Server, serving
from testkit.services.mail import serving_mail

JSON = {"Content-Type": "application/json"}
LINES = [{"description": "Hosting", "unit_price": 49}]
DAYS = {"from": "2026-01-01", "to": "2026-01-31"}
MARKED = {"count": 2, "invoices": ["i-1", "i-2"]}


def says(value: JsonValue, status: int = 200) -> Answer:
    return Answer(status, JSON, orjson.dumps(value))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A business service with two overdue invoices."""
    async with serving() as running:
        running.answers |= {
            "/invoices": says({"id": "i-9", "total": 49}, 201),
            "/invoices/i-9/send": says({"number": "2026-9"}),
            "/invoices/mark-overdue": says(MARKED),
            "/invoice-reminders": says({"sent": 2, "invoices": ["i-1", "i-2"]}),
            "/recurring-invoices/generate": says({"count": 0}),
            "/summaries/invoicing-ar-summary": says({"text": "98 EUR are open", "data": [98]}),
            "/summaries/payments-summary": says({"text": "50 EUR came in"}),
            "/summaries/weekly-summary": says({"text": "a quiet week"}),
            "/summaries/forms-submission-digest": says({"text": "3 forms"}),
        }
        yield running


SUMMARY = "/summaries/invoicing-ar-summary"
CALLS: dict[str, tuple[str, dict[str, Any], str, JsonValue, JsonValue]] = {
    "an invoice": (
        "create-invoice", {"customer": "c-1", "lines": LINES}, "POST /invoices",
        {"customer": "c-1", "lines": LINES}, {"id": "i-9", "total": 49},
    ),
    "an invoice is sent": (
        "send-invoice", {"invoice": "i-9"}, "POST /invoices/i-9/send",
        {"message": None}, {"id": "i-9", "number": "2026-9"},
    ),
    "reminders, for all": (
        "send-invoice-reminder", {}, "POST /invoice-reminders",
        {"invoice": None, "days_overdue": 1, "tone": "friendly", "message": None},
        {"sent": 2, "invoices": ["i-1", "i-2"]},
    ),
    "what is due": (
        "generate-recurring-invoice", {"as_of": "2026-02-01"}, "POST /recurring-invoices/generate",
        {"arrangement": None, "as_of": "2026-02-01", "send": False}, {"count": 0, "invoices": []},
    ),
    "what is overdue": (
        "mark-invoices-overdue", {"grace_days": 3}, "POST /invoices/mark-overdue",
        {"grace_days": 3, "as_of": None}, MARKED,
    ),
    "a summary of the usual period": (
        "invoicing-ar-summary", {}, f"GET {SUMMARY}?range=last_7_days", None,
        {"text": "98 EUR are open", "data": [98]},
    ),
    "a summary of a period with a name": (
        "payments-summary", {"date_range": "last_month"},
        "GET /summaries/payments-summary?range=last_month", None,
        {"text": "50 EUR came in", "data": None},
    ),
    "a summary between two days": (
        "invoicing-ar-summary", {"date_range": DAYS},
        f"GET {SUMMARY}?from=2026-01-01&to=2026-01-31", None,
        {"text": "98 EUR are open", "data": [98]},
    ),
    "the week": (
        "weekly-summary", {}, "GET /summaries/weekly-summary?range=last_week", None,
        {"text": "a quiet week", "data": None},
    ),
    "one form": (
        "forms-submission-digest", {"form": "contact us", "date_range": "today"},
        "GET /summaries/forms-submission-digest?range=today&form=contact+us", None,
        {"text": "3 forms", "data": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("action", "given", "asked", "body", "output"), CALLS.values(), ids=CALLS)
async def test_what_an_action_asks_and_gives(
    server: Server,
    action: str,
    given: dict[str, Any],
    asked: str,
    body: JsonValue,
    output: JsonValue,
) -> None:
    step = {"name": "s", "action": action, "credential": "business", "with": given}
    delivery = {"name": "post", "action": "http.post", "with": {"url": server.url("/invoices")}}

    _, steps = await play(server, {"steps": [step, delivery]})

    request = server.received[0]
    assert steps["s"].output == output
    assert f"{request.method} {request.target}" == asked
    assert request.headers["authorization"] == "Bearer t0ken-of-ours"
    if body is not None:
        assert orjson.loads(request.body) == body
        assert request.headers["idempotency-key"].endswith("/s")


def test_every_action_is_called_here_and_has_a_sample_and_a_schema(server: Server) -> None:
    own = catalogue(server)

    assert own.keys() == {row[0] for row in CALLS.values()}
    assert all(one.spec.sample and one.spec.config for one in own.values())


SENT = {
    "overdue-sweep": ["/invoices/mark-overdue", "/invoice-reminders"],
    "weekly-summary": [f"{SUMMARY}?range=last_week", "/summaries/payments-summary?range=last_week"],
    "monthly-invoices": ["/recurring-invoices/generate", "/invoices", "/invoices/i-9/send"],
    "forms-digest": ["/summaries/forms-submission-digest?range=today"],
}


@pytest.mark.parametrize(("name", "asked"), SENT.items(), ids=SENT)
async def test_a_workflow_of_the_examples(server: Server, name: str, asked: list[str]) -> None:
    spec = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())["spec"]

    async with serving_mail() as mail:
        end, _ = await play(server, spec, {"business": BEARER, "smtp": mail.credential()})

    assert end.phase == "Succeeded", end
    assert sorted(request.target for request in server.received) == sorted(asked)
    if name == "weekly-summary":
        text = mail.letters[0].message.get_content()
        assert "98 EUR are open" in text
        assert "50 EUR came in" in text


async def test_the_sweep_of_another_product_runs_as_it_was_written_there(server: Server) -> None:
    body = {
        "name": "Daily overdue sweep",
        "schedule": "0 9 * * *",
        "steps": [{"type": "mark_invoices_overdue"}],
    }

    made = convert(body, Surroundings(actions=frozenset(CATALOG) | catalogue(server).keys()))
    end, _ = await play(server, made.spec)

    assert made.spec["steps"][0]["action"] == "mark-invoices-overdue"
    assert (end.phase, end.output) == ("Succeeded", MARKED)


async def test_a_service_that_does_not_know_us_fails_the_step_for_good(server: Server) -> None:
    server.answers["/invoices/mark-overdue"] = says({"error": "who are you"}, 401)
    step = {
        "name": "s", "action": "mark-invoices-overdue", "credential": "business",
        "retry": {"limit": 3},
    }  # fmt: skip

    end, steps = await play(server, {"steps": [step]})

    assert end.phase == "Failed"
    assert (steps["s"].error and steps["s"].error.failure, len(server.received)) == ("Permanent", 1)
