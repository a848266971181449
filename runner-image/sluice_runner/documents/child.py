"""A process that reads one document and ends: nothing that one leaves behind reaches another."""

import gc
import os
import socket
from collections.abc import Callable, Mapping

import orjson

from sluice_runner.confined import frames
from sluice_runner.confined.confinement import allow_cpu, confine
from sluice_runner.documents import kinds, limits, markup, pdf, sheets, texts, word
from sluice_runner.documents.kinds import Kind
from sluice_runner.documents.limits import Refused
from sluice_runner.documents.parsed import Hints, Parsed

READERS: Mapping[Kind, Callable[[bytes, Hints], Parsed]] = {
    "pdf": pdf.read,
    "docx": word.read,
    "xlsx": sheets.read,
    "html": markup.read,
    "csv": texts.read_csv,
    "text": texts.read,
}


def serve(connection: socket.socket) -> None:
    """Confine this process, read the document that comes, and say what it holds."""
    confine(connection.fileno(), limits.MEMORY_BYTES)
    allow_cpu(limits.CPU_SECONDS)
    connection.sendall(frames.framed(b"%d" % os.getpid()))  # ready
    try:
        hints = Hints(**orjson.loads(frames.receive(connection)))
        raw = frames.receive(connection)
        connection.sendall(frames.framed(_answer(raw, hints)))
    except (EOFError, ConnectionError):
        return


def _answer(raw: bytes, hints: Hints) -> bytes:
    try:
        return orjson.dumps({"parsed": READERS[kinds.kind_of(raw, hints)](raw, hints).as_json()})
    except Refused as refused:
        return orjson.dumps({"refused": [refused.reason, refused.message]})
    except MemoryError:
        pass
    except RecursionError:
        return _refused(limits.too_large("its parts are too deep inside each other"))
    except BaseException as error:  # noqa: BLE001 - a reader's panic is one, and this process ends
        return _refused(limits.broken(f"the reader failed: {type(error).__name__}"))
    gc.collect()
    return _refused(too_much_memory())


def _refused(refused: Refused) -> bytes:
    return orjson.dumps({"refused": [refused.reason, refused.message]})


def too_much_memory() -> Refused:
    """Where the limit of memory was met."""
    return limits.too_large(f"reading it takes more than {limits.MEMORY_BYTES // limits.MIB} MiB")
