"""The test cluster from the command line: `python -m cluster up`, and the verbs beside it."""

import argparse
import sys
from collections.abc import Callable

from cluster import chart, helm, images, layout, place, processes, session
from cluster.commands import CommandError
from cluster.locking import locked
from cluster.parts import UnfitMachineError
from cluster.waiting import DeadlineError


def up() -> None:
    """Bring the cluster up, or find it healthy; prints how to use it."""
    where = place.here()
    session.up(where)
    print(f"export KUBECONFIG={place.kubeconfig(where)}")


def down() -> None:
    """Take the cluster away; a cluster of yours stays."""
    session.down(place.here())


def bring_images() -> None:
    """Build the images, bring them to the cluster, print their references."""
    for reference in images.bring(place.here()).values():
        print(reference)


def install() -> None:
    """Install or upgrade the chart with those images."""
    chart.install(place.kubeconfig(place.here()))


def print_helm() -> None:
    """Print the path of a Helm, built if there is none."""
    print(helm.program())


def print_kubeconfig() -> None:
    """Print the path of the kubeconfig."""
    print(place.kubeconfig(place.here()))


VERBS: dict[str, Callable[[], None]] = {
    "up": up,
    "down": down,
    "images": bring_images,
    "install": install,
    "helm": print_helm,
    "kubeconfig": print_kubeconfig,
}


def main() -> int:
    """The exit status. One verb at a time on this machine, but tests may restart components."""
    words = argparse.ArgumentParser(prog="cluster", description=__doc__)
    verbs = words.add_subparsers(dest="verb", required=True)
    for verb, does in VERBS.items():
        verbs.add_parser(verb, help=does.__doc__)
    restart = verbs.add_parser("restart", help="Kill a component and start it again.")
    restart.add_argument("component")
    test = verbs.add_parser("test", help="Run pytest on the cluster, made for it if need be.")
    test.add_argument("paths", nargs="+")
    said = words.parse_args()
    if said.verb == "test":
        return session.test(said.paths)
    with locked(layout.STATE.name):
        if said.verb == "restart":
            processes.restart(said.component)
        else:
            VERBS[said.verb]()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CommandError, DeadlineError, LookupError, UnfitMachineError) as error:
        sys.exit(f"cluster: {error}")
