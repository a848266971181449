"""The arguments of `sluice keys`: keys by which programs call the gateway."""

import argparse
import re
from collections.abc import Callable
from datetime import timedelta

from sluice_cli.cluster import NAMESPACE
from sluice_cli.key_objects import ROLES

SHORTEST = timedelta(minutes=10)  # TokenRequest takes no less
LONGEST = timedelta(days=3650)
_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of these commands."""
    keys = commands.add_parser("keys", help="make, list and revoke keys for the gateway's API")
    verbs = keys.add_subparsers(required=True, metavar="COMMAND")
    create = verbs.add_parser("create", help="make a key, and print it this once")
    create.add_argument("name", metavar="NAME", type=name, help="what to call it")
    who = create.add_mutually_exclusive_group(required=True)
    who.add_argument("--service-account", metavar="NAME", help="act as this one, with its rights")
    who.add_argument("--role", choices=ROLES, help="act as a new one that has this role")
    create.add_argument(
        "--expires", type=duration, default="90d", metavar="90d", help="after that: m, h or d"
    )
    listed = verbs.add_parser("list", help="list keys, without what is secret")
    listed.add_argument("-o", "--output", choices=["table", "json"], default="table")
    revoke = verbs.add_parser("revoke", help="have a key refused from now on")
    revoke.add_argument("name", metavar="NAME", help="what it is called")
    for verb, parser in (("create", create), ("show", listed), ("revoke", revoke)):
        parser.add_argument("-n", "--namespace", help=NAMESPACE)
        parser.set_defaults(command=_command(verb))


def duration(text: str) -> timedelta:
    """Of `90d`, `12h` or `30m`."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no time: write 30m, 12h or 90d")
    time = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not SHORTEST <= time <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text} is out of range: from 10m to 3650d")
    return time


def name(text: str) -> str:
    """Of a key: objects are called after it."""
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text} is no name: at most 50 lower-case letters, digits and hyphens"
        )
    return text


def _command(verb: str) -> Callable[[argparse.Namespace], int]:
    def command(options: argparse.Namespace) -> int:
        from sluice_cli import api_keys  # noqa: PLC0415 - see remote

        return int(getattr(api_keys, verb)(options))

    return command
