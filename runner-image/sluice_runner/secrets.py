"""Credentials from mounted files, read whenever a step uses them: a rotation needs no restart.

The kubelet replaces the files of a volume at once, by turning the link `..data` to a new folder.
What is read lies in one such folder, so that a user name never meets the password of another.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import orjson
from pydantic import JsonValue

from sluice_core import credential_reading, mounts
from sluice_core.credential_reading import Lacking, Unusable
from sluice_core.credentials import Credential
from sluice_core.mounts import Mount
from sluice_runner.actions.action import StepFailed

DATA = "..data"
FILE_BYTES = 1024 * 1024  # as much as a Secret holds
ATTEMPTS = 3

Learn = Callable[[Iterable[str]], None]


class NotThere(Exception):  # noqa: N818 - what the configuration is
    """The configuration has not been brought by the kubelet yet."""


@dataclass(frozen=True)
class Survey:
    """What is wrong with all credentials: `<credential>/<field>`, and why where it is there."""

    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


def config_of(root: Path, name: str) -> dict[str, JsonValue]:
    """The configuration of a credential, from its file; raises NotThere."""
    try:
        return dict(orjson.loads((root / mounts.config_file(name)).read_bytes()))
    except (OSError, ValueError) as error:
        raise NotThere from error


class Secrets:
    """The credentials of one folder; `learn` is told every value before anybody uses it."""

    def __init__(
        self,
        folder: Path,
        mounted: Mapping[str, Mount],
        learn: Learn,
        config: Callable[[Path, str], dict[str, JsonValue]] = config_of,
    ) -> None:
        self._folder, self._mounted = folder, mounted
        self._learn, self._config = learn, config
        self._surveyed: tuple[Path, Survey] | None = None
        self._known: dict[str, tuple[Path, Credential]] = {}

    def __call__(self, name: str) -> Credential:
        """The credential as it is now; raises StepFailed."""
        mount = self._mounted.get(name)
        if mount is None:
            _fail("CredentialMissing", f"there is no WorkflowCredential {name} in this namespace")
        try:
            return self._read(name, mount)
        except Lacking as error:
            said = "; ".join(mounts.lacking(name, mount, field) for field in error.fields)
            _fail("CredentialMissing", said)
        except Unusable as error:
            said = "; ".join(mounts.unusable(name, mount, problem) for problem in error.problems)
            _fail("CredentialInvalid", said)
        except NotThere:
            message = f"the configuration of credential {name} has not reached the runner yet"
            raise StepFailed("Transient", "CredentialMissing", message) from None

    def survey(self) -> Survey:
        """Look at all of them, anew only once the kubelet has brought something."""
        root = self._root()
        if self._surveyed is None or self._surveyed[0] != root or root == self._folder:
            self._surveyed = root, self._survey()
        return self._surveyed[1]

    def _survey(self) -> Survey:
        missing, invalid = [], []
        for name, mount in self._mounted.items():
            try:
                self._read(name, mount)
            except Lacking as error:
                missing += [f"{name}/{field}" for field in error.fields]
            except Unusable as error:
                invalid += [f"{name}/{problem}" for problem in error.problems]
            except NotThere:
                invalid.append(f"{name}/config: has not reached the runner yet")
        return Survey(tuple(missing), tuple(invalid))

    def _read(self, name: str, mount: Mount) -> Credential:
        """From the files, or as it was read of the same folder of the kubelet's before."""
        root = self._root()
        known = self._known.get(name)
        if known is not None and known[0] == root != self._folder:
            return known[1]
        values, config = self._files(root, name)
        self._learn(_secrets(values))
        made = credential_reading.read(mount.type, values, config, wanted=mount.keys)
        self._known[name] = root, made
        return made

    def _files(self, root: Path, name: str) -> tuple[dict[str, str], dict[str, JsonValue]]:
        """Read again where the kubelet has taken the folder away meanwhile."""
        for _ in range(ATTEMPTS - 1):
            read = dict(_texts(root / name)), self._config(root, name)
            if root == (now := self._root()):
                return read
            root = now
        return dict(_texts(root / name)), self._config(root, name)

    def _root(self) -> Path:
        with suppress(OSError):
            return self._folder / (self._folder / DATA).readlink()
        return self._folder


def _secrets(values: Mapping[str, str]) -> Iterator[str]:
    """What must not get out; of headers their values."""
    yield from values.values()
    with suppress(ValueError):
        headers = orjson.loads(values.get("headers", "null"))
        yield from (one for one in (headers or {}).values() if isinstance(one, str))


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file by its name. A line end after a single line is an editor's, and no secret."""
    with suppress(OSError):
        for file in sorted(folder.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                yield file.name, _text(file)


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        raw = opened.read(FILE_BYTES)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Unusable((f"{file.name}: is no text in UTF-8",)) from None
    line = text.removesuffix("\n").removesuffix("\r")
    return text if "\n" in line else line


def _fail(reason: str, message: str) -> NoReturn:
    raise StepFailed("Permanent", reason, message)
