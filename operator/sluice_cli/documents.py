"""YAML files as kubectl reads them, with the line of every field."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE_BYTES = 4 * 1024 * 1024
ALIASES = 100
STDIN = "-"

_TOKEN = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class Unreadable(Exception):  # noqa: N818 - what the file is
    """A file that is not there, or no YAML; the message says where."""


class _Loader(yaml.SafeLoader):
    """Times stay text, as in JSON."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Document:
    """One object of a file."""

    file: str
    manifest: dict[str, Any]
    _node: yaml.MappingNode

    def line_of(self, path: str) -> int:
        """The line of a field of the spec, or of the nearest thing above it that is there."""
        keys: list[str | int] = [
            int(index) if index else name for index, name in _TOKEN.findall(path)
        ]
        node: yaml.Node = self._node
        line = node.start_mark.line
        if keys and not _has(node, str(keys[0])):
            keys.insert(0, "spec")
        for key in keys:
            found = _below(node, key)
            if found is None:
                break
            line, node = found
        return line + 1


def read(file: str) -> list[Document]:
    """All objects of a file; `-` is the standard input."""
    text = _text(file)
    try:
        _refuse_bombs(text)
        loader = _Loader(text)
        return list(_documents(file, loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(f"{file}:{line}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"{file}: no YAML: {error}") from error


def _text(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read(FILE_BYTES + 1) if file == STDIN else _bytes(Path(file))
        if len(raw) > FILE_BYTES:
            raise Unreadable(f"{file}: larger than {FILE_BYTES} bytes")
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{file}: not UTF-8 at byte {error.start}") from error


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(FILE_BYTES + 1)


def _refuse_bombs(text: str) -> None:
    """Aliases of aliases grow without bound once they are written out."""
    aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Loader))
    if aliases > ALIASES:
        raise ValueError(f"{aliases} aliases; at most {ALIASES} are read")


def _documents(file: str, loader: _Loader) -> Iterator[Document]:
    while loader.check_node():
        node = loader.get_node()
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            continue  # nothing between two lines of ---
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise Unreadable(f"{file}:{line}: not an object")
        _refuse_twins(file, node)
        yield Document(file, loader.construct_document(node), node)


def _refuse_twins(file: str, root: yaml.Node) -> None:
    """A key that is given twice; the API server's strict reading refuses it too."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise Unreadable(f"{file}:{line}: '{key.value}' is given twice")
                seen.add(str(key.value))
                pending.append(value)


def _has(node: yaml.Node, key: str) -> bool:
    return _below(node, key) is not None


def _below(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        item = node.value[key]
        return item.start_mark.line, item
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line, value
    return None
