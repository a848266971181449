"""Each rule of the definitions refuses what it is for, in the words it has, and nothing else."""

from collections.abc import Iterator

import pytest

from sluice_core.api.rules import RULES
from sluice_core.api.run import TERMINAL_PHASE_STAYS, WorkflowRun
from sluice_core.crd import KINDS, make_definition
from sluice_core.crd.structural import fields
from sluice_kube.config import ClusterConfig
from testkit.api_server import ApiServer, a_group, a_namespace, an_object
from testkit.crd_rules.row import Row
from testkit.crd_rules.rows import ROWS

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def api(cluster_config: ClusterConfig) -> Iterator[ApiServer]:
    with a_group(cluster_config) as api:
        yield api


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_rule(api: ApiServer, row: Row) -> None:
    refused, accepted = api.create(row.bad), api.create(row.good)

    assert refused.code == 422, refused.body
    assert row.says in refused.message
    assert accepted.code == 201, accepted.message


def test_every_rule_has_a_row() -> None:
    rules = {
        rule["message"]
        for model in KINDS
        for version in make_definition(model)["spec"]["versions"]
        for _, field in fields(version["schema"]["openAPIV3Schema"])
        for rule in field.get(RULES, ())
    }

    assert rules - {TERMINAL_PHASE_STAYS.message} == {row.says for row in ROWS.values()}


@pytest.mark.parametrize("change", [{"phase": "Running"}, {"phase": None}, None], ids=str)
def test_the_phase_of_an_ended_run_stays(api: ApiServer, change: object) -> None:
    with a_namespace(api) as namespace:
        run = an_object(WorkflowRun, {"workflow": "etl"}, namespace=namespace)
        created = api.create(run, dry=False)
        ended = api.patch(run, {"status": {"phase": "Succeeded"}}, "status")

        refused = api.patch(run, {"status": change}, "status")
        counted = api.patch(run, {"status": {"runnerLosses": 1}}, "status")

    assert (created.code, ended.code) == (201, 200)
    assert refused.code == 422
    assert TERMINAL_PHASE_STAYS.message in refused.message
    assert counted.code == 200
