"""How much one template may cost; each error names the number that it ran into."""

from typing import Final, Literal

KIB: Final = 1024
MIB: Final = 1024 * KIB

Kind = Literal[
    "Syntax", "Undefined", "WrongValue", "Forbidden", "NotJson",
    "LoopLimit", "OutputTooLarge", "InputTooLarge", "TooDeep", "SourceTooLong", "NumberTooLarge",
    "TimeLimit", "MemoryLimit", "ProcessDied",
]  # fmt: skip

ITERATIONS: Final = 500
"""Of all loops of one template, and of filters that apply a filter or test to each item."""

TEXT_BYTES: Final = 256 * KIB
"""Of what one template renders, and of any text that it makes on the way."""

RESULT_BYTES: Final = 4 * MIB
"""Of everything that one call renders, values that keep their type included."""

INPUT_BYTES: Final = 16 * MIB
"""Of sources and context, as JSON."""

LIST_ITEMS: Final = 100_000
"""Of a list that an operator or a filter makes."""

VALUE_DEPTH: Final = 200
"""Lists and objects inside each other; the JSON writer's own limit is 254."""

TIME_SECONDS: Final = 1.0
"""Of the processor, from the hand-over to a child to its answer; then the child is killed."""

WALL_FACTOR: Final = 3.0
"""So much longer it may take where the processor is busy with others."""

SLICE_SECONDS: Final = 0.01
"""A render that takes longer makes room for those that do not, if it has worked half of that."""

PRESSED_SECONDS: Final = 0.2
"""As TIME_SECONDS, while other slow ones wait for a child and no more can be started."""

CPU_SECONDS: Final = 2
"""The kernel's own stop, should nobody be left to kill the child."""

MEMORY_BYTES: Final = 96 * MIB
"""Address space of a child above what it starts with."""

CACHE_BYTES: Final = 512 * KIB
"""Sources whose compiled form a child keeps."""


class TemplateFailed(Exception):  # noqa: N818 - named as it is said
    """A template of the user's gave no value; a limit's message carries its number."""

    def __init__(self, kind: Kind, path: str, message: str) -> None:
        super().__init__(f"{path}: {message} ({kind})")
        self.kind = kind
        self.path = path
        self.message = message


class Refused(Exception):  # noqa: N818 - named as it is said
    """A template ran into a limit or a rule; carries what the parent reports."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
