"""Keep objects small in memory: as compressed JSON, with what an informer looks at beside it.

Parsed, ten thousand workflows and their children would take about a gigabyte.
"""

import sys
import zlib
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Self, TypeAlias

import orjson

from sluice_core import names

Manifest: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]  # namespace, name

_DICTIONARY_BYTES = 32 * 1024  # as far as zlib looks back
_dictionaries: dict[str, bytes] = {}


class Packed(Mapping[str, Any]):
    """`kind` and, of `metadata`, what an informer looks at; the whole is given by `unpack`.

    Objects of one name in one namespace, as a workflow's children are, share both strings.
    """

    __slots__ = ("_body", "_head", "kind", "name", "namespace")
    _KEYS = ("kind", "metadata")

    def __init__(self, kind: str, metadata: Mapping[str, Any], body: bytes) -> None:
        self.kind, self.name = kind, sys.intern(metadata["name"])
        self.namespace = sys.intern(metadata.get("namespace", ""))
        self._head = f"{metadata['uid']} {metadata['resourceVersion']}".encode()
        self._body = body

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """An informer's transform."""
        kind = sys.intern(manifest["kind"])
        return cls(kind, manifest["metadata"], _compressed(kind, manifest))

    def unpack(self) -> Manifest:
        """The object as it was, but for what others than we manage of it."""
        found: Manifest = orjson.loads(_expanded(self.kind, self._body))
        return found

    @property
    def size(self) -> int:
        """Bytes of what is compressed."""
        return len(self._body)

    def __getitem__(self, key: str) -> Any:
        if key == "kind":
            return self.kind
        if key != "metadata":
            raise KeyError(key)
        uid, version = self._head.decode().split(" ")
        place = {"namespace": self.namespace} if self.namespace else {}
        return {"name": self.name, **place, "uid": uid, "resourceVersion": version}

    def __iter__(self) -> Iterator[str]:
        return iter(self._KEYS)

    def __len__(self) -> int:
        return len(self._KEYS)


class Manifests(MutableMapping[Key, Manifest]):
    """Objects of one kind by key, each parsed anew whenever it is asked for."""

    def __init__(self) -> None:
        self._packed: dict[Key, bytes] = {}

    def __getitem__(self, key: Key) -> Manifest:
        found: Manifest = orjson.loads(_expanded("", self._packed[key]))
        return found

    def __setitem__(self, key: Key, manifest: Manifest) -> None:
        self._packed[key] = _compressed("", manifest)

    def __delitem__(self, key: Key) -> None:
        del self._packed[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _compressed(kind: str, manifest: Manifest) -> bytes:
    """Objects of a kind are much alike: the first one is the dictionary of all."""
    raw = orjson.dumps(_without_others(manifest))
    dictionary = _dictionaries.setdefault(kind, raw[-_DICTIONARY_BYTES:])
    packer = zlib.compressobj(level=6, wbits=-15, memLevel=9, zdict=dictionary)
    return packer.compress(raw) + packer.flush()


def _expanded(kind: str, packed: bytes) -> bytes:
    return zlib.decompressobj(wbits=-15, zdict=_dictionaries[kind]).decompress(packed)


def _without_others(manifest: Manifest) -> Manifest:
    """Without managedFields but for what we applied, which says what is to be compared."""
    metadata: dict[str, Any] = manifest["metadata"]
    ours = [
        one for one in metadata.get("managedFields", ()) if one["manager"] == names.FIELD_MANAGER
    ]
    kept = {name: value for name, value in metadata.items() if name != "managedFields"}
    return {**manifest, "metadata": {**kept, "managedFields": ours} if ours else kept}
