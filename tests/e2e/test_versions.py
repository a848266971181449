"""Each definition is a version with a number of its own; runs may ask for an older one."""

from testkit.e2e import kubectl
from testkit.e2e.flows import a_step, a_workflow
from testkit.e2e.kubectl import Manifest
from testkit.e2e.space import Space, condition


def saying(name: str, word: str, limit: int = 10) -> Manifest:
    step = a_step("say", "transform", template={"said": word})
    return a_workflow(name, step, revisionHistoryLimit=limit)


def deploy(here: Space, flow: Manifest) -> int:
    """Its number."""
    here.deploy(flow)
    number: int = here.workflow(flow["metadata"]["name"])["status"]["version"]
    return number


def said(status: Manifest) -> tuple[int, object]:
    return status["revision"], status["steps"][0]["output"]["said"]


def numbers(here: Space, name: str) -> set[int]:
    """The versions that are kept."""
    label = f"sluice.dev/workflow={name}"
    found = kubectl.items("-n", here.namespace, "controllerrevisions.apps", "-l", label)
    return {one["revision"] for one in found}


def test_a_run_executes_the_version_that_it_names(here: Space) -> None:
    first = deploy(here, saying("pinned", "old"))
    second = deploy(here, saying("pinned", "new"))

    old = here.ended(here.create_run("pinned", revision=first))
    new = here.ended(here.create_run("pinned"))

    assert (first, second) == (1, 2)
    assert (said(old), said(new)) == ((1, "old"), (2, "new"))


def test_a_version_that_does_not_exist(here: Space) -> None:
    deploy(here, saying("missing", "x"))

    status = here.ended(here.create_run("missing", revision=77))

    shown = condition({"status": status}, "Succeeded")
    assert (status["phase"], shown["reason"]) == ("Failed", "RevisionNotFound")


def test_a_definition_that_comes_back_gets_a_new_number(here: Space) -> None:
    for word in ("a", "b"):
        deploy(here, saying("rolled", word))

    back = deploy(here, saying("rolled", "a"))

    assert back == 3
    assert said(here.ended(here.create_run("rolled"))) == (3, "a")


def test_old_versions_go_but_for_those_with_a_tag(here: Space) -> None:
    deploy(here, saying("pruned", "0", limit=2))
    annotation = "sluice.dev/version-tag=stable"
    here.kubectl("annotate", "controllerrevision.apps/workflow-pruned-v1", annotation)

    for word in ("1", "2", "3", "4"):
        deploy(here, saying("pruned", word, limit=2))

    wanted = {1, 3, 4, 5}
    kubectl.wait(here.namespace, "controllerrevision.apps/workflow-pruned-v2", "delete", 15)
    assert numbers(here, "pruned") == wanted
    assert said(here.ended(here.create_run("pruned", revision=1))) == (1, "0")
