"""Keep objects small in memory: as compressed JSON, with what an informer looks at beside it.

Parsed, ten thousand workflows and their children would take about a gigabyte.
"""

import sys
import zlib
from collections.abc import Iterator, MutableMapping
from typing import Any, TypeAlias

import orjson

from sluice_core import names

Manifest: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]  # namespace, name

_DICTIONARY_BYTES = 32 * 1024  # as far as zlib looks back
_dictionaries: dict[str, bytes] = {}


def pack(manifest: Manifest) -> Manifest:
    """An informer's transform. What it gives is for `unpack`, and has `metadata` beside that."""
    metadata = manifest["metadata"]
    kept = {name: metadata[name] for name in ("name", "uid", "resourceVersion")}
    if "namespace" in metadata:
        kept["namespace"] = sys.intern(metadata["namespace"])
    kind = sys.intern(manifest["kind"])
    return {"kind": kind, "metadata": kept, "packed": _compressed(kind, manifest)}


def unpack(manifest: Manifest) -> Manifest:
    """The object as it was, but for what others than we manage of it; one that is not packed."""
    if "packed" not in manifest:
        return manifest
    found: Manifest = orjson.loads(_expanded(manifest["kind"], manifest["packed"]))
    return found


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
