"""sluice trigger and sluice cancel: start and end runs in a cluster, as the kubeconfig's user."""

import argparse


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of these commands."""
    trigger = commands.add_parser("trigger", help="start a run in the cluster")
    trigger.add_argument("workflow", metavar="WORKFLOW", help="its name")
    trigger.add_argument("--inputs", default="{}", metavar="JSON|@FILE", help="the run's inputs")
    trigger.add_argument("--wait", action="store_true", help="until it has ended; show its output")
    trigger.add_argument("-o", "--output", choices=["table", "json"], default="table")
    trigger.set_defaults(command=_trigger)
    cancel = commands.add_parser("cancel", help="cancel a run in the cluster")
    cancel.add_argument("run", metavar="RUN", help="its name")
    cancel.set_defaults(command=_cancel)
    for parser in (trigger, cancel):
        parser.add_argument("-n", "--namespace", help="that of the kubeconfig's context if absent")


def _trigger(options: argparse.Namespace) -> int:
    from sluice_cli import remote  # noqa: PLC0415 - see there

    return remote.trigger(options)


def _cancel(options: argparse.Namespace) -> int:
    from sluice_cli import remote  # noqa: PLC0415 - see there

    return remote.cancel(options)
