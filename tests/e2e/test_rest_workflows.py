"""Workflows and sharing over the installed gateway, by callers with the chart's roles."""

import pytest

from cluster.waiting import until
from testkit.e2e import callers
from testkit.e2e.callers import Caller, Callers, Refusal, see_refused
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest, Refused
from testkit.e2e.space import Space

STALE = {"If-Match": '"0"'}
FLOW = "/workflows/orders"


def flow(name: str, message: str = "hello") -> Manifest:
    """Asleep, since nothing of it is executed here."""
    step = a_step("say", "log", message=message)
    return a_workflow(name, step, lifecycle={"policy": "OnDemand"})


@pytest.fixture(scope="module")
def by(here: Space) -> Callers:
    made = callers.callers(here)
    answer = made["edit"].ask("POST", "/workflows", flow("orders"))
    assert answer.code == 201, answer.body
    until("it is listed", lambda: _listed(made["view"], "orders"), 20)
    here.is_at("orders", "Stopped")
    return made


def _listed(caller: Caller, name: str) -> bool:
    answer = caller.ask("GET", "/workflows")
    return name in [one["id"] for one in answer.body.get("workflows", [])]


def test_what_is_made_changed_copied_and_deleted_is_what_kubectl_shows(
    here: Space, by: Callers
) -> None:
    made = by["edit"].ask("POST", "/workflows", flow("short"))
    seen = here.workflow("short")
    until("it is known", lambda: by["view"].ask("GET", "/workflows/short").code == 200, 20)
    patched = by["edit"].ask("PATCH", "/workflows/short", {"spec": {"description": "of orders"}})
    copied = by["edit"].ask("POST", "/workflows/short/duplicate", {})
    changed = here.workflow("short")
    copy = here.workflow(copied.body["id"])
    gone = by["edit"].ask("DELETE", "/workflows/short")

    assert (made.code, patched.code, copied.code, gone.code) == (201, 200, 201, 204)
    assert seen["spec"]["steps"][0]["with"] == {"message": "hello"}
    assert by["edit"].user in seen["metadata"]["annotations"].values()
    assert changed["spec"]["description"] == "of orders"
    assert copy["spec"]["steps"] == changed["spec"]["steps"]
    with pytest.raises(Refused, match="NotFound"):
        here.workflow("short")


REFUSED: dict[str, Refusal] = {
    "no right to make one": ("view", "POST", "/workflows", flow("no"), {}, 403),
    "no right to see one": ("trigger", "GET", FLOW, None, {}, 403),
    "one that does not exist": ("view", "GET", "/workflows/none", None, {}, 404),
    "a name that is taken": ("edit", "POST", "/workflows", flow("orders"), {}, 409),
    "another version": ("edit", "DELETE", FLOW, None, STALE, 412),
    "no JSON": ("edit", "POST", "/workflows", {}, {"Content-Type": "text/plain"}, 415),
    "an unknown action": (
        "edit", "POST", "/workflows", a_workflow("odd", a_step("say", "nothing")), {}, 422,
    ),
    "a version that was never": ("edit", "POST", f"{FLOW}/versions/77/rollback", {}, {}, 404),
    "no right to share": ("edit", "POST", f"{FLOW}/share", {"userId": "ada"}, {}, 403),
    "not shared": ("admin", "DELETE", f"{FLOW}/share/ada", None, {}, 404),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(here: Space, by: Callers, what: str) -> None:
    before = here.kubectl("get", "workflows.sluice.dev", "-o", "jsonpath={.items[*].spec}")

    see_refused(by, REFUSED[what])

    after = here.kubectl("get", "workflows.sluice.dev", "-o", "jsonpath={.items[*].spec}")
    assert after == before


def test_a_token_for_the_api_server_is_refused(here: Space) -> None:
    token = here.kubectl("create", "token", "caller").strip()

    assert Caller(here, "caller", token).ask("GET", "/workflows").code == 401


def test_a_private_one_is_seen_by_those_with_whom_it_is_shared(here: Space, by: Callers) -> None:
    made = by["admin"].ask(
        "POST", "/workflows", flow("secret") | _sharing(flow("secret"), visibility="Private")
    )
    until("it is known", lambda: by["admin"].ask("GET", "/workflows/secret").code == 200, 20)
    hidden = by["view"].ask("GET", "/workflows/secret")
    shared = by["admin"].ask("POST", "/workflows/secret/share", {"userId": by["view"].user})
    until("it is seen", lambda: by["view"].ask("GET", "/workflows/secret").code == 200, 20)
    users = here.workflow("secret")["spec"]["sharing"]["users"]
    listed = by["view"].ask("GET", "/workflows/secret/share")
    ended = by["admin"].ask("DELETE", f"/workflows/secret/share/{by['view'].user}")

    assert (made.code, hidden.code, shared.code, ended.code) == (201, 404, 200, 204), shared.body
    assert users == [one["userId"] for one in listed.body["sharedWith"]] == [by["view"].user]
    until("it is hidden", lambda: by["view"].ask("GET", "/workflows/secret").code == 404, 20)


def _sharing(manifest: Manifest, **sharing: str) -> Manifest:
    return {"spec": manifest["spec"] | {"sharing": sharing}}
