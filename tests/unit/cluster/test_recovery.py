"""What `up` does with what it finds, and which cluster is meant."""

import pytest

from cluster import layout
from cluster.place import Place, choose
from cluster.recovery import Decision, Found, decide

ALL = ("etcd", "apiserver")

FOUND = {
    "nothing: made": (Found(state=False, made_of="", alive=()), "make"),
    "all alive: reused": (Found(state=True, made_of="k1", alive=("apiserver", "etcd")), "reuse"),
    "more alive than wanted: reused": (Found(state=True, made_of="k1", alive=(*ALL, "x")), "reuse"),
    "one dead: made anew": (Found(state=True, made_of="k1", alive=("etcd",)), "remake"),
    "all dead, as after a reboot: made anew": (
        Found(state=True, made_of="k1", alive=()),
        "remake",
    ),
    "killed while it came up: made anew": (Found(state=True, made_of="", alive=ALL), "remake"),
    "of other sources: made anew": (Found(state=True, made_of="k0", alive=ALL), "remake"),
}


@pytest.mark.parametrize(("found", "decision"), FOUND.values(), ids=FOUND)
def test_decide(found: Found, decision: Decision) -> None:
    assert decide(found, sources="k1", wanted=ALL) == decision


THEIRS = {"KUBECONFIG": "/home/me/.kube/config"}
ASKED = {"SLUICE_USE_CURRENT": "1"}
OURS = {"KUBECONFIG": str(layout.KUBECONFIG)}

PLACES = {
    "a kubeconfig alone is not consent": (THEIRS, False, False, "own"),
    "asked for: the user's cluster": ({**THEIRS, **ASKED}, True, True, "current"),
    "asked for, but none is named": (ASKED, True, True, "kind"),
    "asked for, and it is the one made here": ({**OURS, **ASKED}, False, False, "own"),
    "Docker and kind": ({}, True, True, "kind"),
    "Docker without kind": ({}, True, False, "own"),
    "kind without an engine": ({}, False, True, "own"),
}


@pytest.mark.parametrize(("environment", "docker", "kind", "place"), PLACES.values(), ids=PLACES)
def test_choose(environment: dict[str, str], docker: bool, kind: bool, place: Place) -> None:
    assert choose(environment, docker=docker, kind=kind) == place
