"""sluice lint: what is wrong or odd about our objects in files, each finding with its line."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluice_cli import actions, credentials
from sluice_cli.documents import Document, Unreadable, read
from sluice_core import validation
from sluice_core.api.action import WorkflowAction
from sluice_core.api.credential import CredentialSpec
from sluice_core.catalog import CATALOG, ActionType
from sluice_core.crd import KINDS
from sluice_core.finding import Finding

NO_CREDENTIALS: Mapping[str, CredentialSpec | None] = {}
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
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="check too that the credentials that steps name, and the keys of their Secrets, are "
        "in the cluster, as the kubeconfig's user sees it; its WorkflowActions may be named",
    )
    parser.add_argument("-n", "--namespace", help="with --cluster; the context's if absent")
    parser.set_defaults(command=_command)


def workflows(file: str, read_before: list[Document] | None = None) -> list[Document]:
    """The Workflows of a file, or of what was read of it; Unreadable where there is none."""
    documents = read(file) if read_before is None else read_before
    found = [doc for doc in documents if doc.manifest.get("kind") == "Workflow"]
    if not found:
        raise Unreadable(f"{file}: there is no object of kind Workflow in it")
    return found


def placed(
    document: Document,
    catalog: Mapping[str, ActionType] = CATALOG,
    known: Mapping[str, CredentialSpec | None] = NO_CREDENTIALS,
) -> Iterator[Placed]:
    """The findings about one object of ours, errors first.

    `catalog` are the actions there are, `known` what is known of credentials.
    """
    report = _report(document, catalog, known)
    for severity, findings in (("error", report.errors), ("warning", report.warnings)):
        for finding in findings:
            line = document.line_of(finding.path)
            yield Placed(document.file, line, severity, finding)


def _report(
    document: Document,
    catalog: Mapping[str, ActionType],
    known: Mapping[str, CredentialSpec | None],
) -> validation.Report:
    kind = document.manifest.get("kind")
    if kind == "Workflow":
        return validation.read(document.manifest, catalog, known)[1]
    found, findings = validation.parse(_KINDS[str(kind)], document.manifest)
    if isinstance(found, WorkflowAction):
        findings += validation.check_action(found)
    return validation.Report(errors=tuple(findings), warnings=())


def _ours(file: str) -> list[Document]:
    found = [doc for doc in read(file) if str(doc.manifest.get("kind")) in _KINDS]
    if not found:
        raise Unreadable(f"{file}: there is no object of a kind of Sluice in it")
    return found


def _in_cluster(
    documents: list[Document],
    catalog: Mapping[str, ActionType],
    known: dict[str, CredentialSpec | None],
    namespace: str | None,
) -> Iterator[Placed]:
    """What the cluster lacks; `known` gains the credentials that are there and in no file."""
    from sluice_cli import secret_check  # noqa: PLC0415 - see there
    from sluice_cli.connection import connect  # noqa: PLC0415

    where = connect(namespace)
    for document in documents:
        workflow, _ = validation.read(document.manifest, catalog)
        steps = credentials.used(workflow.spec, catalog) if workflow is not None else ()
        for index, name in steps:
            path = f"steps[{index}].credential"
            for finding in secret_check.check(where, name, known, path):
                severity = "warning" if finding.type in validation.WARNINGS else "error"
                yield Placed(document.file, document.line_of(path), severity, finding)


def _actions_there() -> dict[str, WorkflowAction]:
    """They are of the whole cluster, and not everybody may read them; the rest is checked then."""
    try:
        return actions.of_cluster()
    except Unreadable as error:
        print(f"note: {error}", file=sys.stderr)
        return {}


def _command(options: argparse.Namespace) -> int:
    documents = [document for file in options.files for document in _ours(file)]
    there = _actions_there() if options.cluster else {}
    catalog = actions.catalogue(there | actions.own(documents))
    known: dict[str, CredentialSpec | None] = {**credentials.specs(documents)}
    in_cluster: list[Placed] = []
    if options.cluster:
        in_cluster += _in_cluster(documents, catalog, known, options.namespace)
    found = [one for document in documents for one in placed(document, catalog, known)]
    found += in_cluster
    if options.output == "json":
        json.dump([one.as_json() for one in found], sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        for one in found:
            print(one)
    if any(one.severity == "error" for one in found):
        return WRONG
    return WARNED if found and options.strict else CLEAN
