"""sluice lint: what is wrong or odd about our objects in files, each finding with its line."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluice_cli import actions
from sluice_cli.documents import Document, Unreadable, read
from sluice_core import validation
from sluice_core.api.action import WorkflowAction
from sluice_core.catalog import CATALOG, ActionType
from sluice_core.crd import KINDS
from sluice_core.finding import Finding

CLEAN, WARNED, WRONG = 0, 1, 2
_KINDS = {model.kind_info.name: model for model in KINDS}


@dataclass(frozen=True)
class Placed:
    """A finding, and where it is in which file."""

    file: str
    line: int
    severity: str
    finding: Finding

    def __str__(self) -> str:
        found = self.finding
        step = f"step {found.step}: " if found.step else ""
        return f"{self.file}:{self.line}: {self.severity}: {step}{found} [{found.type}]"

    def as_json(self) -> dict[str, object]:
        """For programs."""
        found = self.finding
        return {
            "file": self.file,
            "line": self.line,
            "severity": self.severity,
            "type": found.type,
            "step": found.step,
            "path": found.path,
            "message": found.message,
            "hint": found.hint,
        }


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The arguments of this command."""
    parser = commands.add_parser("lint", help="check files", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="YAML; - is the standard input")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when there are warnings")
    parser.set_defaults(command=_command)


def workflows(file: str, read_before: list[Document] | None = None) -> list[Document]:
    """The Workflows of a file, or of what was read of it; Unreadable where there is none."""
    documents = read(file) if read_before is None else read_before
    found = [doc for doc in documents if doc.manifest.get("kind") == "Workflow"]
    if not found:
        raise Unreadable(f"{file}: there is no object of kind Workflow in it")
    return found


def placed(document: Document, catalog: Mapping[str, ActionType] = CATALOG) -> Iterator[Placed]:
    """The findings about one object of ours, errors first; `catalog` are the actions there are."""
    report = _report(document, catalog)
    for severity, findings in (("error", report.errors), ("warning", report.warnings)):
        for finding in findings:
            line = document.line_of(finding.path)
            yield Placed(document.file, line, severity, finding)


def _report(document: Document, catalog: Mapping[str, ActionType]) -> validation.Report:
    kind = document.manifest.get("kind")
    if kind == "Workflow":
        return validation.read(document.manifest, catalog)[1]
    found, findings = validation.parse(_KINDS[str(kind)], document.manifest)
    if isinstance(found, WorkflowAction):
        findings += validation.check_action(found)
    return validation.Report(errors=tuple(findings), warnings=())


def _ours(file: str) -> list[Document]:
    found = [doc for doc in read(file) if str(doc.manifest.get("kind")) in _KINDS]
    if not found:
        raise Unreadable(f"{file}: there is no object of a kind of Sluice in it")
    return found


def _command(options: argparse.Namespace) -> int:
    documents = [document for file in options.files for document in _ours(file)]
    catalog = actions.catalogue(actions.own(documents))
    found = [one for document in documents for one in placed(document, catalog)]
    if options.output == "json":
        json.dump([one.as_json() for one in found], sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        for one in found:
            print(one)
    if any(one.severity == "error" for one in found):
        return WRONG
    return WARNED if found and options.strict else CLEAN
