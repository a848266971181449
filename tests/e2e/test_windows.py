"""Outside of its window a runner sleeps and runs wait or are refused; when it opens, they go."""

from datetime import UTC, datetime, timedelta
from typing import Any

from testkit.e2e import kubectl
from testkit.e2e.flows import a_greeting
from testkit.e2e.space import Space, condition

DAYS = [0, 1, 2, 3, 4, 5, 6]


def a_window(start: datetime, minutes: int, **fields: Any) -> dict[str, Any]:
    end = start + timedelta(minutes=minutes)
    hours = {"days": DAYS, "startTime": f"{start:%H:%M}", "endTime": f"{end:%H:%M}"}
    return {"policy": "ScheduledWindow", "window": {"windows": [hours], **fields}}


def now() -> datetime:
    return datetime.now(UTC)


def test_a_run_waits_for_the_window_and_goes_when_it_opens(here: Space) -> None:
    opens = (now() + timedelta(seconds=75)).replace(second=0, microsecond=0)
    here.apply(a_greeting("soon", lifecycle=a_window(opens, 60)))
    closed = here.is_at("soon", "Stopped")

    run = here.create_run("soon", inputs={"name": "Ada"})
    waiting = here.see_run(
        run, lambda it: condition(it, "Succeeded").get("reason") == "OutsideWindow"
    )
    status = here.ended(run, 120)

    assert closed["status"]["stoppedReason"] == "OutsideWindow"
    assert closed["status"]["nextTransitionTime"] == f"{opens:%Y-%m-%dT%H:%M:%SZ}"
    assert f"{opens:%Y-%m-%d %H:%M} UTC" in condition(waiting, "Succeeded")["message"]
    assert waiting["status"]["phase"] == "Pending"
    assert status["output"] == {"greeting": "Hello, Ada!"}
    assert datetime.fromisoformat(status["startTime"]) >= opens


def test_another_window_lets_a_waiting_run_go_at_once(here: Space) -> None:
    here.apply(a_greeting("edited", lifecycle=a_window(now() + timedelta(hours=2), 60)))
    here.is_at("edited", "Stopped")
    run = here.create_run("edited", inputs={"name": "Ada"})
    here.see_run(run, lambda it: condition(it, "Succeeded").get("reason") == "OutsideWindow")

    here.apply(a_greeting("edited", lifecycle=a_window(now() - timedelta(hours=2), 4 * 60)))

    assert here.ended(run)["phase"] == "Succeeded"


def test_with_reject_triggers_and_runs_are_refused_until_it_is_started_by_hand(here: Space) -> None:
    window = a_window(now() + timedelta(hours=2), 60, outside="Reject")
    here.apply(a_greeting("shut", lifecycle=window))
    here.is_at("shut", "Stopped")

    refused = here.trigger("shut", {"name": "Ada"})
    status = here.ended(here.create_run("shut", inputs={"name": "Ada"}))
    here.ask("shut", "start")
    here.is_at("shut", "Running")
    answer = here.trigger("shut", {"name": "Ada"})

    assert (refused.code, "it opens at" in refused.body["detail"]) == (409, True)
    assert (status["phase"], status["conditions"][0]["reason"]) == ("Failed", "Rejected")
    assert answer.code == 200


def test_a_zone_that_does_not_exist_is_told_by_its_field(here: Space) -> None:
    window = a_window(now(), 60, timeZone="Europe/Atlantis")
    here.apply(a_greeting("lost", lifecycle=window))

    seen = kubectl.see(here.namespace, "workflows", "lost", lambda it: condition(it, "Valid") != {})

    assert condition(seen, "Valid")["status"] == "False"
    assert "lifecycle.window.timeZone: 'Europe/Atlantis'" in condition(seen, "Valid")["message"]
