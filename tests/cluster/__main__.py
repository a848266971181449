"""The test cluster from the command line: python -m cluster up | down | images | restart NAME."""

import argparse
import sys
from collections.abc import Callable

from cluster import docker, helm, images, own, place, processes
from cluster.commands import CommandError
from cluster.locking import locked
from cluster.parts import UnfitMachineError
from cluster.waiting import DeadlineError


def up() -> None:
    """Bring the cluster up, or find it healthy; prints how to use it."""
    where = place.here()
    if where == "own":
        own.up()
    elif where == "kind":
        docker.up()
    print(f"export KUBECONFIG={place.kubeconfig(where)}")


def down() -> None:
    """Take the cluster away; a cluster of the user's stays."""
    where = place.here()
    if where == "own":
        own.down()
    elif where == "kind":
        docker.down()


def bring_images() -> None:
    """Build the images, bring them to the cluster, print their references."""
    for reference in images.bring(place.here()).values():
        print(reference)


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
    "helm": print_helm,
    "kubeconfig": print_kubeconfig,
}


def main() -> None:
    """Does one verb at a time on this machine."""
    words = argparse.ArgumentParser(prog="cluster", description=__doc__)
    verbs = words.add_subparsers(dest="verb", required=True)
    for verb, does in VERBS.items():
        verbs.add_parser(verb, help=does.__doc__)
    restart = verbs.add_parser("restart", help="Kill a component and start it again.")
    restart.add_argument("component")
    said = words.parse_args()
    with locked("cluster"):
        if said.verb == "restart":
            processes.restart(said.component)
        else:
            VERBS[said.verb]()


if __name__ == "__main__":
    try:
        main()
    except (UnfitMachineError, CommandError, LookupError, DeadlineError) as error:
        sys.exit(f"cluster: {error}")
