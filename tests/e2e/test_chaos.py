"""Everything that carries runs is killed under load: each accepted run ends, once and for good."""

from testkit.e2e import chaos, release
from testkit.e2e.space import Space

KILLS, SEED = 4, 20261126


def test_no_accepted_run_is_lost_and_no_finished_step_repeated(recorded: Space) -> None:
    release.available()
    recorded.deploy(chaos.a_stormy_workflow(recorded.recorder()))

    outcome = chaos.play(recorded, KILLS, SEED)

    assert outcome.accepted > KILLS
    assert (outcome.lost, outcome.repeated) == ([], [])
    assert outcome.phases == {"Succeeded": outcome.accepted}
