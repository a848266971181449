"""The commands that go to a cluster, as the kubeconfig's user: runs, runners and versions."""

import argparse
from collections.abc import Callable

NAMESPACE = "that of the kubeconfig's context if absent"
VERBS = {
    "stop": "have a workflow's runner sleep, once what it does is finished",
    "start": "have a workflow's runner up again",
}


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
    for verb, help_text in VERBS.items():
        asking = commands.add_parser(verb, help=help_text)
        asking.add_argument("workflow", metavar="WORKFLOW", help="its name")
        asking.add_argument("-n", "--namespace", help=NAMESPACE)
        asking.set_defaults(command=_ask, verb=verb)
    versions = commands.add_parser("versions", help="list the versions of a workflow")
    versions.add_argument("workflow", metavar="WORKFLOW", help="its name")
    versions.set_defaults(command=_versions("show"))
    tag = commands.add_parser("tag", help="name a version, so that it is kept")
    tag.add_argument("workflow", metavar="WORKFLOW", help="its name")
    tag.add_argument("tag", metavar="TAG", help="such as v2.1.0")
    tag.add_argument("--version", metavar="N", help="the newest if absent")
    tag.add_argument("--description", metavar="TEXT", help="what is different in it")
    tag.set_defaults(command=_versions("tag"))
    rollback = commands.add_parser("rollback", help="go back to the definition of a version")
    rollback.add_argument("workflow", metavar="WORKFLOW", help="its name")
    rollback.add_argument("version", metavar="N|TAG", help="its number or its tag")
    rollback.set_defaults(command=_versions("rollback"))
    for parser in (trigger, cancel, versions, tag, rollback):
        parser.add_argument("-n", "--namespace", help=NAMESPACE)


def _trigger(options: argparse.Namespace) -> int:
    from sluice_cli import remote  # noqa: PLC0415 - see there

    return remote.trigger(options)


def _cancel(options: argparse.Namespace) -> int:
    from sluice_cli import remote  # noqa: PLC0415 - see there

    return remote.cancel(options)


def _ask(options: argparse.Namespace) -> int:
    from sluice_cli import remote  # noqa: PLC0415 - see there

    return remote.ask(options)


def _versions(verb: str) -> Callable[[argparse.Namespace], int]:
    def command(options: argparse.Namespace) -> int:
        from sluice_cli import versions  # noqa: PLC0415 - see remote

        return int(getattr(versions, verb)(options))

    return command
