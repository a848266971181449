"""`python -m bench.chaos [kills [seed]]`: the storm of tests/e2e/test_chaos.py, longer."""

import sys
from pathlib import Path

from testkit.e2e import chaos, kubectl, release, space

RESULT = Path(__file__).parents[2] / "bench" / "chaos.json"


def main(kills: int, seed: int) -> int:
    """0 when nothing was lost and nothing repeated."""
    release.available()
    kubectl.apply("default", space.make_plan())
    here = space.make(recorder=True)
    try:
        here.deploy(chaos.a_stormy_workflow(here.recorder()))
        outcome = chaos.play(here, kills, seed)
    finally:
        space.remove(here)
        kubectl.run("delete", "workflowplan", space.PLAN, "--wait=false")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(outcome.as_json() + "\n")
    print(outcome.as_json())
    return 1 if outcome.lost or outcome.repeated else 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(25, 1)[len(numbers) :]]))
