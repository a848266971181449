"""email.send against a real SMTP server with TLS and a login."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice_core.wire import Allowance
from sluice_runner.actions.action import Context, Done, StepFailed
from sluice_runner.egress.connect import Guard
from testkit import contexts
from testkit.ports import a_free_port
from testkit.services import authority
from testkit.services.mail import MailServer, serving_mail
from testkit.services.rude import Manner, rude

LETTER = {"to": "ada@example.com", "subject": "Hello", "text": "It works."}


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serving_mail() as running:
        yield running


async def granted(*_: object) -> None:
    """An operator whose plan allows everything."""


def a_context(server: MailServer, guard: Guard, **fields: Any) -> Context:
    defaults: dict[str, Any] = {
        "credential": server.credential,
        "guard": lambda: guard,
        "ask": granted,
        "timeout_seconds": 5,
    }
    return contexts.a_context(**(defaults | fields))


async def send(server: MailServer, guard: Guard, **given: Any) -> Done:
    return await contexts.call("email.send", a_context(server, guard), **(LETTER | given))


@pytest.mark.parametrize("tls", ["StartTls", "Tls"])
async def test_a_message_arrives_whole(tls: str, guard: Guard) -> None:
    async with serving_mail(tls) as server:
        done = await send(
            server,
            guard,
            cc=["grace@example.com"],
            bcc="alan@example.com",
            replyTo="desk@example.com",
            subject="Grüße, 世界",
            text="größer\n.\nends",
            html='<p style="color:red">größer</p>',
            attachments=[
                {"name": "größe.pdf", "content": {"base64": base64.b64encode(b"%PDF\0").decode()}},
                {"name": "rows.json", "content": [{"a": 1}]},
            ],
            **{"from": "Sluice, the runner <sluice@example.com>"},
        )
        await guard.kept.aclose()

    [letter] = server.letters
    message, mixed = letter.message, list(letter.message.iter_attachments())
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert letter.sender == "sluice@example.com"
    assert letter.recipients == ("ada@example.com", "grace@example.com", "alan@example.com")
    assert message["From"].addresses[0].display_name == "Sluice, the runner"
    assert (message["Subject"], message["Reply-To"]) == ("Grüße, 世界", "desk@example.com")
    assert "alan" not in str(message)
    assert plain is not None
    assert plain.get_content().split() == ["größer", ".", "ends"]
    assert html is not None
    assert html.get_content().strip() == '<p style="color:red">größer</p>'
    assert [one.get_filename() for one in mixed] == ["größe.pdf", "rows.json"]
    assert mixed[0].get_content() == b"%PDF\0"
    assert done.output == {
        "messageId": message["Message-ID"],
        "recipients": list(letter.recipients),
    }


async def test_a_repetition_bears_the_same_message_id(server: MailServer, guard: Guard) -> None:
    await send(server, guard)
    await send(server, guard)

    first, second = server.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_a_fan_out_uses_one_connection(server: MailServer, guard: Guard) -> None:
    recipients = [f"r{number}@example.com" for number in range(100)]

    done = await send(server, guard, to=recipients, mode="individual")

    assert [one.recipients for one in server.letters] == [(one,) for one in recipients]
    assert len({one.message["Message-ID"] for one in server.letters}) == 100
    assert server.connections == 1
    assert done.result == {"messages": 100, "recipients": 100}


async def test_one_step_after_another_uses_one_connection(server: MailServer, guard: Guard) -> None:
    for _ in range(3):
        await send(server, guard)

    assert (len(server.letters), server.connections) == (3, 1)


async def test_a_rotated_credential_gets_a_connection_of_its_own(
    server: MailServer, guard: Guard
) -> None:
    await send(server, guard)
    rotated = a_context(server, guard, credential=lambda: server.credential(password="of late"))

    with pytest.raises(StepFailed) as refused:
        await contexts.call("email.send", rotated, **LETTER)

    assert (refused.value.reason, server.connections) == ("CredentialRefused", 2)


async def test_the_plan_is_asked_first_and_may_say_no(server: MailServer, guard: Guard) -> None:
    asked = []

    async def refused(kind: str, body: dict[str, Any]) -> None:
        asked.append((kind, Allowance.model_validate(body)))
        raise StepFailed("Permanent", "SendLimit", "500 a day")

    given = LETTER | {"to": "a@b.example,c@d.example", "cc": "e@f.example", "mode": "individual"}
    with pytest.raises(StepFailed, match="500 a day"):
        await contexts.call("email.send", a_context(server, guard, ask=refused), **given)

    allowance = Allowance(send="Email", count=2, recipients=2, cc=1, key="uid/step")
    assert (asked, server.connections) == ([("Allowance", allowance)], 0)


REFUSALS = {
    "an unknown recipient": ({"ada@example.com": "550 no such user"}, "Permanent", "Smtp550"),
    "a full mailbox": ({"ada@example.com": "452 full"}, "Transient", "Smtp452"),
    "too fast": ({"ada@example.com": "450 4.7.1 slow down"}, "RateLimited", "Smtp450"),
    "too many connections": ({"ada@example.com": "421 later"}, "RateLimited", "Smtp421"),
    "spam": ({"DATA": "554 " + "no " * 10}, "Permanent", "Smtp554"),
    "a hiccup": ({"DATA": "451 try again"}, "Transient", "Smtp451"),
}


@pytest.mark.parametrize(("answers", "failure", "reason"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_has_a_class_and_the_servers_words(
    server: MailServer, guard: Guard, answers: dict[str, str], failure: str, reason: str
) -> None:
    server.answers = answers

    with pytest.raises(StepFailed) as failed:
        await send(server, guard)

    [(at, words)] = answers.items()
    assert (failed.value.failure, failed.value.reason) == (failure, reason)
    assert words.strip() in failed.value.message
    assert (at in failed.value.message) or at == "DATA"


async def test_a_message_goes_to_all_or_none(server: MailServer, guard: Guard) -> None:
    server.answers = {"b@example.com": "550 unknown"}

    with pytest.raises(StepFailed, match=r"b@example\.com"):
        await send(server, guard, to="a@example.com, b@example.com, c@example.com")

    assert server.letters == []


async def test_what_was_sent_is_not_sent_again(server: MailServer, guard: Guard) -> None:
    server.answers = {"b@example.com": "451 later"}

    with pytest.raises(StepFailed) as failed:
        await send(server, guard, to="a@example.com,b@example.com,c@example.com", mode="individual")

    assert [one.recipients[0] for one in server.letters] == ["a@example.com", "c@example.com"]
    assert (failed.value.failure, failed.value.reason) == ("Permanent", "PartlySent")
    assert "2 of 3" in failed.value.message


async def test_wrong_credentials(server: MailServer, guard: Guard) -> None:
    wrong = a_context(server, guard, credential=lambda: server.credential(password="battery"))

    with pytest.raises(StepFailed) as failed:
        await contexts.call("email.send", wrong, **LETTER)

    assert (failed.value.failure, failed.value.reason) == ("Permanent", "CredentialRefused")
    assert "535" in failed.value.message
    assert "battery" not in failed.value.message


async def test_a_certificate_of_a_stranger_is_refused(server: MailServer) -> None:
    guard = Guard(authority.a_guard().egress)

    with pytest.raises(StepFailed) as failed:
        await send(server, guard)

    assert (failed.value.failure, failed.value.reason) == ("Permanent", "CertificateInvalid")


async def test_a_server_without_tls_gets_no_password(guard: Guard) -> None:
    async with serving_mail("None") as server:
        with pytest.raises(StepFailed) as failed:
            await contexts.call(
                "email.send",
                a_context(server, guard, credential=lambda: server.credential(tls="StartTls")),
                **LETTER,
            )

    assert (failed.value.failure, failed.value.reason) == ("Permanent", "NotSupported")


async def test_plain_text_works_where_it_is_named_and_meant(guard: Guard) -> None:
    async with serving_mail("None") as server:
        await send(server, guard)
        await guard.kept.aclose()

    assert len(server.letters) == 1


async def test_nobody_listens(guard: Guard) -> None:
    with pytest.raises(StepFailed) as failed:
        await send(MailServer(port=a_free_port()), guard)

    assert (failed.value.failure, failed.value.reason) == ("Transient", "ConnectionFailed")


async def test_a_place_that_is_not_allowed_is_not_reached(server: MailServer) -> None:
    with pytest.raises(StepFailed) as failed:
        await send(server, authority.a_guard("10.0.0.1"))

    assert (failed.value.failure, failed.value.reason) == ("Permanent", "EgressRefused")
    assert server.connections == 0


async def test_a_connection_that_is_cut_in_the_middle(server: MailServer, guard: Guard) -> None:
    server.cut = True

    with pytest.raises(StepFailed) as failed:
        await send(server, guard)

    assert (failed.value.failure, failed.value.reason) == ("Transient", "ConnectionFailed")


RUDE: dict[Manner, tuple[str, str]] = {
    "says nothing": ("Timeout", "Timeout"),
    "hangs up": ("Transient", "ConnectionFailed"),
    "talks without end": ("Permanent", "NotSmtp"),
}


@pytest.mark.parametrize("manner", RUDE)
async def test_a_server_that_behaves_badly(manner: Manner, guard: Guard) -> None:
    async with rude(manner) as port:
        server = MailServer(port=port)
        context = a_context(server, guard, timeout_seconds=0.3)

        with pytest.raises(StepFailed) as failed:
            await contexts.call("email.send", context, **LETTER)

    assert (failed.value.failure, failed.value.reason) == RUDE[manner]
    assert len(failed.value.message) < 2500
