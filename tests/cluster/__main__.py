"""python -m cluster up | down | restart NAME: the test cluster from the command line."""

import argparse
import sys

from cluster import layout, processes
from cluster.commands import CommandFailed
from cluster.down import down
from cluster.locking import locked
from cluster.parts import CannotRunHere, require
from cluster.up import up
from cluster.waiting import TookTooLong


def main() -> None:
    """Ends with 1 and one message when it cannot be done."""
    words = argparse.ArgumentParser(prog="cluster")
    words.add_argument("verb", choices=("up", "down", "restart"))
    words.add_argument("name", nargs="?", default="")
    said = words.parse_args()
    with locked("cluster"):
        if said.verb == "up":
            require()
            up()
            print(f"export KUBECONFIG={layout.KUBECONFIG}")
        elif said.verb == "down":
            down()
        else:
            processes.restart(said.name)


if __name__ == "__main__":
    try:
        main()
    except (CannotRunHere, CommandFailed, LookupError, TookTooLong) as error:
        sys.exit(str(error))
