import asyncio
from typing import Any

from sluice_core import graph
from sluice_runner.actions.action import Context, Done
from sluice_runner.engine import memory, reads
from sluice_runner.engine.outcome import SKIPPED, Outcome
from testkit.runs import World, a_constant, a_definition, a_job, an_action

MIB = 1024 * 1024


def a_memory(*steps: dict[str, Any]) -> memory.Memory:
    definition = a_definition(*steps)
    order = graph.build(definition.steps)
    return memory.Memory(reads.uses(definition.steps, order), order)


def done(output: Any) -> Outcome:
    return Outcome(phase="Succeeded", port="output", output=output)


def test_an_output_goes_when_the_last_step_that_reads_it_has_ended() -> None:
    kept = a_memory(
        a_constant("a", 1),
        a_constant("b", "{{ data }}"),
        a_constant("c", "{{ steps.a.output }}"),
        a_constant("d", "x"),
    )

    kept.keep("a", done("A"), 100)
    kept.keep("b", done("B"), 10)
    assert kept.outcomes["a"].output == "A"
    kept.keep("c", done("C"), 1)

    assert kept.outcomes["a"].output is None
    assert kept.outcomes["b"].output is None
    assert kept.held == 1


def test_the_last_output_stays_though_nothing_reads_it() -> None:
    kept = a_memory(a_constant("a", 1), a_constant("b", 2))

    kept.keep("a", done("A"), 100)
    kept.keep("b", SKIPPED, 0)

    assert kept.result(["a"]) == "A"


def test_a_template_that_computes_the_name_of_a_step_keeps_all_before_it() -> None:
    kept = a_memory(
        a_constant("a", 1),
        a_constant("b", 2),
        a_constant("c", "{{ steps[inputs.which].output }}"),
    )

    kept.keep("a", done("A"), 1)
    kept.keep("b", done("B"), 1)

    assert [kept.outcomes[name].output for name in ("a", "b")] == ["A", "B"]


async def test_data_that_is_needed_beyond_the_limit_fails_the_run() -> None:
    async def big(_params: Any, _context: Context) -> Done:
        await asyncio.sleep(0)
        return Done(output="x" * (40 * MIB))

    steps = [{"name": name, "action": "big", "needs": []} for name in ("a", "b")]
    last = a_constant("last", "{{ data.a }}{{ data.b }}", needs=["a", "b"])

    end = await World(an_action("big", big)).run(a_job(*steps, last))

    assert (end.phase, end.reason) == ("Failed", "TooLarge")
    assert end.message == "step b: the outputs that later steps need are over 64 MiB together"


async def test_data_that_nothing_needs_any_more_does_not_count() -> None:
    async def big(_params: Any, _context: Context) -> Done:
        return Done(output="x" * (40 * MIB))

    steps = [{"name": name, "action": "big"} for name in ("a", "b", "c")]

    end = await World(an_action("big", big)).run(a_job(*steps, a_constant("last", 1)))

    assert end.output == 1
