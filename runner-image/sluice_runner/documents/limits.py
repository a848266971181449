"""How much one document may cost; each error names the number that it ran into."""

from typing import Final, Literal

MIB: Final = 1024 * 1024

Reason = Literal["BrokenDocument", "DocumentTooLarge", "EncryptedDocument", "UnsupportedDocument"]

INPUT_BYTES: Final = 10 * MIB
"""Of the document as it is given."""

UNPACKED_BYTES: Final = 64 * MIB
"""Of all that an archive (DOCX, XLSX) holds."""

ENTRIES: Final = 10_000
"""Of an archive."""

TEXT_CHARACTERS: Final = 4_000_000
"""Of the text, or of all cells of tables."""

CELLS: Final = 200_000
"""Of all tables together."""

DEPTH: Final = 200
"""Elements of HTML, tables of DOCX and the like inside each other."""

WALL_SECONDS: Final = 30.0
"""From the hand-over to a child to its answer; then the child is killed."""

CPU_SECONDS: Final = 20
"""The kernel's own stop."""

MEMORY_BYTES: Final = 160 * MIB
"""Address space of a child above what it starts with."""

AT_ONCE: Final = 2
"""Documents that one runner reads at the same time; more wait."""


class Refused(Exception):  # noqa: N818 - what happened to the document
    """The document gives nothing, for a reason that another attempt would not change."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def too_large(message: str) -> Refused:
    """A limit, with its number."""
    return Refused("DocumentTooLarge", message)


def broken(message: str) -> Refused:
    """The document is not what its first bytes promise."""
    return Refused("BrokenDocument", message)
