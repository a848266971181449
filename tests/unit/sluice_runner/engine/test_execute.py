import asyncio
from typing import Any

import pytest

from sluice_core import wire
from sluice_runner.actions.action import Context, Done, StepFailed
from sluice_runner.engine import execute
from testkit.runs import World, a_condition, a_constant, a_job, an_action

FAIL = {"action": "fail", "with": {"message": "no orders"}}


async def test_steps_run_in_turn_and_the_last_one_is_the_output() -> None:
    world = World()

    end = await world.run(a_job(a_constant("a", 1), a_constant("b", "{{ data + 1 }}")))

    assert world.begun == ["a", "b"]
    assert (end.phase, end.reason, end.output) == ("Succeeded", "Succeeded", 2)


async def test_the_outputs_of_several_last_steps_are_told_by_name() -> None:
    end = await World().run(a_job(a_constant("a", 1, needs=[]), a_constant("b", 2, needs=[])))

    assert end.output == {"a": 1, "b": 2}


async def test_a_condition_opens_one_branch_and_skips_the_other_with_all_behind_it() -> None:
    world = World()

    end = await world.run(
        a_job(
            a_condition("check", True),
            a_constant("yes", "taken", needs=["check.true"]),
            a_constant("no", "left", needs=["check.false"]),
            a_constant("after-no", "left", needs=["no"]),
            a_constant("join", "{{ data }}", needs=["yes", "no"]),
        )
    )

    assert world.phases == {
        "check": "Succeeded",
        "yes": "Succeeded",
        "no": "Skipped",
        "after-no": "Skipped",
        "join": "Succeeded",
    }
    assert end.output == {"yes": "taken", "no": None}


async def test_a_failure_ends_the_run_and_names_the_step() -> None:
    world = World()

    end = await world.run(a_job({"name": "load", **FAIL}, a_constant("after", 1)))

    assert (end.phase, end.reason) == ("Failed", "StepFailed")
    assert end.message == "step load: no orders"
    assert world.phases == {"load": "Failed"}


async def test_what_runs_beside_a_failure_is_let_finish() -> None:
    go = asyncio.Event()

    async def slow(_params: Any, _context: Context) -> Done:
        await go.wait()
        return Done(output="done")

    async def fail(_params: Any, _context: Context) -> Done:
        go.set()
        raise StepFailed("Permanent", "Broken", "broken")

    world = World(an_action("slow", slow), an_action("broken", fail))
    steps = [
        {"name": "slow", "action": "slow", "needs": []},
        {"name": "bad", "action": "broken", "needs": []},
        a_constant("never", 1, needs=["slow"]),
    ]

    await world.run(a_job(*steps))

    assert world.phases == {"bad": "Failed", "slow": "Succeeded"}


async def test_on_failure_continue_goes_on_by_the_port_error_and_tells_why() -> None:
    world = World()

    end = await world.run(
        a_job(
            {"name": "load", "onFailure": "Continue", **FAIL},
            a_constant("ok", 1, needs=["load.output"]),
            a_constant("told", "{{ steps.load.error.message }}", needs=["load.error"]),
        )
    )

    assert (end.phase, end.output) == ("Succeeded", "no orders")
    assert world.phases == {"load": "Failed", "ok": "Skipped", "told": "Succeeded"}


async def test_a_step_that_is_not_enabled_passes_its_input_on() -> None:
    world = World()

    end = await world.run(
        a_job(
            a_constant("a", {"x": 1}),
            a_condition("off", False, enabled=False),
            a_constant("b", "{{ data.x }}", needs=["off.true"]),
        )
    )

    assert end.output == 1
    assert world.begun == ["a", "b"]


WHEN = {
    "true": ("{{ inputs.go }}", True, "Succeeded"),
    "false": ("{{ inputs.go }}", False, "Skipped"),
    "text that says no": ("{{ inputs.go }} ", "no", "Skipped"),
    "an empty list": ("{{ inputs.go }}", [], "Skipped"),
    "null": ("{{ inputs.go }}", None, "Skipped"),
}


@pytest.mark.parametrize(("when", "go", "phase"), WHEN.values(), ids=WHEN)
async def test_when(when: str, go: Any, phase: str) -> None:
    world = World()

    await world.run(a_job(a_constant("a", 1, when=when), inputs={"go": go}))

    assert world.phases == {"a": phase}


async def test_a_step_that_is_skipped_by_when_does_not_render_the_rest() -> None:
    end = await World().run(a_job(a_constant("a", "{{ nope.x }}", when="{{ false }}")))

    assert end.phase == "Succeeded"


async def test_inputs_are_mapped_by_dotted_paths() -> None:
    step = a_constant(
        "b",
        "{{ total }} for {{ customer.name }}",
        inputs={"total": "steps.get-it.output.rows.1", "customer.name": "inputs.who"},
    )

    end = await World().run(
        a_job(a_constant("get-it", {"rows": [1, 7]}), step, inputs={"who": "Ada"})
    )

    assert end.output == "7 for Ada"


async def test_a_mapping_that_leads_nowhere_fails_the_step_with_its_path() -> None:
    world = World()

    await world.run(a_job(a_constant("a", 1, inputs={"x": "inputs.nope"})))

    error = world.ended["a"].error
    assert error is not None
    assert (error.reason, error.message) == (
        "NoSuchPath",
        "inputs.x: inputs.nope: 'inputs' has no 'nope'",
    )


PASSED = {
    "beside the fields of an object": ({"x": 1}, {"x": 1, "id": 7}),
    "beside a value": ([1], {"value": [1], "id": 7}),
    "alone": (None, {"id": 7}),
}


@pytest.mark.parametrize(("output", "expected"), PASSED.values(), ids=PASSED)
async def test_passthrough(output: Any, expected: Any) -> None:
    job = a_job(a_constant("a", output, passthrough={"id": "inputs.id"}), inputs={"id": 7})

    end = await World().run(job)

    assert end.output == expected


DATA = {
    "the inputs": ({}, {"x": 1}),
    "the trigger's payload": ({"type": "Event", "payload": {"y": 2}}, {"y": 2}),
}


@pytest.mark.parametrize(("trigger", "data"), DATA.values(), ids=DATA)
async def test_the_input_of_a_first_step_is_the_triggers_payload(
    trigger: dict[str, Any], data: Any
) -> None:
    job = a_job(a_constant("a", "{{ [data, trigger.payload] }}"), inputs={"x": 1}, trigger=trigger)

    end = await World().run(job)

    assert end.output == [data, data]


async def test_what_every_template_sees() -> None:
    text = "{{ [run.name, run.attempt, workflow.name, workflow.namespace, env.HOME, now] }}"
    world = World()

    end = await world.run(a_job(a_constant("a", text)), env={"HOME": "/home"})

    assert end.output == ["r1", 1, "etl", "shop", "/home", "2026-01-31T12:00:00.000Z"]


async def test_templates_get_only_what_they_name() -> None:
    world = World()

    await world.run(
        a_job(a_constant("a", {"big": "x" * 9999, "id": 5}), a_constant("b", "{{ data.id }}"))
    )

    assert world.renderer.contexts == [{"data": {"id": 5}}]


async def test_a_step_without_templates_makes_no_trip_to_the_sandbox() -> None:
    world = World()

    await world.run(a_job(a_constant("a", {"x": ["no { braces }"]})))

    assert world.renderer.contexts == []


async def test_a_template_that_fails_names_its_place() -> None:
    world = World()
    step = {
        "name": "a",
        "action": "http.post",
        "with": {"url": "x", "json": {"id": "{{ inputs.id }}"}},
    }

    end = await world.run(a_job(step))

    assert end.message == "step a: with.json.id: 'dict object' has no attribute 'id'"
    assert world.ended["a"].error == wire.StepError(
        reason="TemplateUndefined", message="with.json.id: 'dict object' has no attribute 'id'"
    )


async def test_a_parameter_that_is_wrong_once_rendered_is_named() -> None:
    step = {"name": "a", "action": "wait", "with": {"seconds": "{{ inputs.pause }}"}}

    end = await World().run(a_job(step, inputs={"pause": "long"}))

    assert end.message.startswith("step a: with.seconds: Input should be a valid number")


async def test_no_more_steps_at_a_time_than_allowed() -> None:
    now, most = 0, 0

    async def count(_params: Any, _context: Context) -> Done:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return Done()

    steps = [{"name": f"s{i}", "action": "count", "needs": []} for i in range(20)]
    world = World(an_action("count", count))

    await world.run(a_job(*steps, definition={"settings": {"maxParallelSteps": 3}}))

    assert most == 3
    assert len(world.ended) == 20


async def test_a_bug_in_an_action_fails_its_step_and_nothing_else() -> None:
    async def bug(_params: Any, _context: Context) -> Done:
        raise KeyError("secret")

    end = await World(an_action("bug", bug)).run(a_job({"name": "a", "action": "bug"}))

    assert (end.phase, end.message) == ("Failed", "step a: bug: KeyError")


async def test_an_action_that_is_cancelled_by_its_own_parts_fails_its_step() -> None:
    async def cancel_itself(_params: Any, _context: Context) -> Done:
        raise asyncio.CancelledError

    end = await World(an_action("odd", cancel_itself)).run(a_job({"name": "a", "action": "odd"}))

    assert (end.phase, end.message) == ("Failed", "step a: the action was interrupted")


LOOP: dict[str, Any] = {}
LOOP["self"] = LOOP
OUTPUTS = {
    "not a number": float("nan"),
    "infinity": [1, {"x": float("inf")}],
    "a huge number": 10**30,
    "data that contains itself": LOOP,
    "half a surrogate pair": "\udcff",
    "an object of Python": object(),
    "bytes": b"x",
}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
async def test_an_output_without_a_json_form_fails_its_step(output: Any) -> None:
    async def give(_params: Any, _context: Context) -> Done:
        return Done(output=output)

    world = World(an_action("give", give))

    await world.run(a_job({"name": "a", "action": "give"}))

    error = world.ended["a"].error
    assert error is not None
    assert error.reason == "NotJson"


KIB = 1024
SIZES = {
    "what fits is told": ("x" * (16 * KIB - 2), False, False),
    "a large output is left out of the step": ("x" * (16 * KIB - 1), True, False),
    "a very large one also of the run": ("x" * (64 * KIB), True, True),
}


@pytest.mark.parametrize(("text", "step_cut", "run_cut"), SIZES.values(), ids=SIZES)
async def test_outputs_are_bounded_in_events(text: str, step_cut: bool, run_cut: bool) -> None:
    world = World()

    end = await world.run(a_job(a_constant("a", text)))

    step = world.ended["a"]
    assert (step.truncated, step.output) == (step_cut, None if step_cut else text)
    assert (end.truncated, end.output) == (run_cut, None if run_cut else text)


async def test_a_large_output_reaches_the_next_step_whole() -> None:
    world = World()

    end = await world.run(
        a_job(a_constant("a", "x" * 100_000), a_constant("b", "{{ data | length }}"))
    )

    assert end.output == 100_000


async def test_what_with_became_is_told_and_cut() -> None:
    world = World()

    await world.run(
        a_job(
            a_constant("short", "{{ inputs.x }}"),
            a_constant("long", "{{ inputs.x * 9999 }}"),
            a_constant("constant", "x"),
            inputs={"x": "é"},
        )
    )

    assert world.ended["short"].rendered_output == '{"template":"é"}'
    cut = world.ended["long"].rendered_output
    assert cut is not None
    assert len(cut.encode()) <= 4 * KIB
    assert cut.endswith("…")
    assert world.ended["constant"].rendered_output is None


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a missing input": (
        {"definition": {"inputs": {"required": ["day"]}}},
        "InvalidInputs",
        "inputs.day: is required",
    ),
    "an input that is not a number": (
        {"inputs": {"x": float("nan")}},
        "InvalidInputs",
        "inputs: not expressible in JSON: NaN or an infinite number",
    ),
    "a payload that contains itself": (
        {"trigger": {"payload": LOOP}},
        "InvalidInputs",
        "trigger: not expressible in JSON: Recursion limit reached",
    ),
    "a schema that is none": (
        {"definition": {"inputs": {"type": "objct"}}},
        "InvalidDefinition",
        "inputs: ",
    ),
}


@pytest.mark.parametrize(("fields", "reason", "message"), REFUSED.values(), ids=REFUSED)
async def test_refused_before_the_first_step(
    fields: dict[str, Any], reason: str, message: str
) -> None:
    world = World()

    end = await world.run(a_job(a_constant("a", 1), **fields))

    assert (end.phase, end.reason) == ("Failed", reason)
    assert end.message.startswith(message)
    assert len(world.events) == 1


UNFIT: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no steps": ([], "the workflow has no steps"),
    "a cycle": (
        [a_constant("a", 1, needs=["a"])],
        "steps[0].needs: steps wait for each other: a → a; remove one of these needs",
    ),
    "an unknown action": (
        [{"name": "a", "action": "http.gte"}],
        "step a: no action is named 'http.gte'; did you mean 'http.get'?",
    ),
}


@pytest.mark.parametrize(("steps", "message"), UNFIT.values(), ids=UNFIT)
async def test_a_definition_that_cannot_be_carried_out(
    steps: list[dict[str, Any]], message: str
) -> None:
    end = await World().run(a_job(*steps))

    assert (end.reason, end.message) == ("InvalidDefinition", message)


async def test_logs_are_told_with_their_step() -> None:
    world = World()

    await world.run(
        a_job({"name": "a", "action": "log", "with": {"message": "hi", "level": "error"}})
    )

    assert wire.Log(step="a", level="error", message="hi") in world.events


async def test_each_step_has_a_key_that_a_repetition_keeps() -> None:
    keys = []

    async def note(_params: Any, context: Context) -> Done:
        keys.append(context.key)
        return Done()

    job = a_job(
        {"name": "one", "action": "note"},
        {"name": "each", "action": "note", "forEach": {"in": "{{ [5, 6] }}"}},
    )

    await execute(job, World(an_action("note", note)).tools())

    assert keys == ["u1/one", "u1/each/0", "u1/each/1"]
