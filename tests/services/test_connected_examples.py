"""Examples of actions that open connections of their own give what their comments say."""

from sluice_core.credentials import Credential
from sluice_core.wire import Finished
from testkit import contexts, examples
from testkit.services import authority
from testkit.services.mail import serving_mail
from testkit.vendors.calls import Operator


async def play(action: str, credential: Credential) -> Finished:
    guard = authority.a_guard()
    end = await examples.play(
        examples.text_of(action), contexts.nobody, credential, Operator().grant, guard
    )
    await guard.kept.aclose()
    return end


def is_as_told(action: str, end: Finished) -> bool:
    told = ("Succeeded", "", examples.given_by(examples.text_of(action)))
    return (end.phase, end.message, end.output) == told


async def test_email_send() -> None:
    async with serving_mail() as server:
        end = await play("email.send", server.credential())

    assert is_as_told("email.send", end), end
    assert [one.recipients for one in server.letters] == [
        ("ada@example.com",),
        ("grace@example.com",),
    ]
