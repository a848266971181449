"""sluice actions: which actions steps may name, and what each of them takes and gives."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from sluice_cli import actions
from sluice_cli.documents import Unreadable, read
from sluice_core.catalog import ActionType, entry, page
from sluice_core.finding import did_you_mean

Entry = Mapping[str, Any]

COLUMNS = ("name", "category", "role", "title")
FACTS = {
    "ports": "Ports",
    "portsNamedBy": "Ports named by",
    "inputPorts": "Input ports",
    "pairedWith": "To be followed by one that",
    "credentials": "Credentials",
    "failures": "Failures",
    "timeoutSeconds": "Seconds",
    "fault": "Cannot be used",
}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of this command."""
    parser = commands.add_parser("actions", help="list what steps can do", description=__doc__)
    parser.add_argument("name", nargs="?", metavar="NAME", help="all about this one")
    parser.add_argument(
        "-f", "--file", action="append", default=[], help="with the WorkflowActions in it"
    )
    parser.add_argument("--cluster", action="store_true", help="with those of the cluster")
    parser.add_argument("-o", "--output", choices=sorted(_FORMATS), default="table")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    documents = [one for file in options.file for one in read(file)]
    in_cluster = actions.of_cluster() if options.cluster else {}
    known = actions.catalogue(in_cluster | actions.own(documents))
    entries = [entry.of(row) for row in _chosen(known, options.name)]
    write = _details if options.name and options.output == "table" else _FORMATS[options.output]
    print("\n".join(write(entries)))
    return 0


def _chosen(known: Mapping[str, ActionType], name: str | None) -> list[ActionType]:
    if name is None:
        return sorted(known.values(), key=lambda row: (row.is_own, row.category, row.name))
    if name not in known:
        hint = did_you_mean(name, known.keys())
        raise Unreadable(f"no action is named '{name}'" + (f"; {hint}" if hint else ""))
    return [known[name]]


def _table(entries: Sequence[Entry]) -> Iterator[str]:
    rows = [tuple(column.upper() for column in COLUMNS)]
    rows += [tuple(str(one[column]) for column in COLUMNS) for one in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def _details(entries: Sequence[Entry]) -> Iterator[str]:
    """One action for people."""
    [shown] = entries
    yield f"{shown['name']}  {shown['title']} ({shown['category']}, {shown['role']})"
    yield from ("", shown["description"]) if "description" in shown else ()
    yield ""
    yield "With:"
    for name, takes, notes in page.parameters(shown["schema"]):
        yield f"  {name}: {takes}" + (f" ({notes})" if notes else "")
    yield ""
    for field, words in FACTS.items():
        if field in shown:
            value = shown[field]
            yield f"{words}: {', '.join(value) if isinstance(value, list) else value}"
    if "sample" in shown:
        example = {"action": shown["name"], "with": shown["sample"]}
        yield from ("", _as_yaml(example))


def _as_yaml(value: object) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text.rstrip()


_FORMATS: dict[str, Callable[[Sequence[Entry]], Iterator[str]]] = {
    "table": _table,
    "json": lambda entries: iter([json.dumps(entries, indent=2, ensure_ascii=False)]),
    "yaml": lambda entries: iter([_as_yaml(list(entries))]),
}
