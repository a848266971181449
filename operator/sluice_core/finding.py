"""One thing that is wrong or odd about a definition or a run's inputs, for people and programs."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

FindingType = Literal[
    "Collision",
    "CredentialInvalid",
    "CredentialMissing",
    "Cycle",
    "DuplicateStep",
    "Empty",
    "InvalidConfig",
    "InvalidInputs",
    "InvalidPath",
    "InvalidSchema",
    "InvalidTool",
    "InvalidValue",
    "MissingConfig",
    "NameTaken",
    "NeverTogether",
    "NoTrigger",
    "NotBefore",
    "NotChecked",
    "NotInVersion",
    "TemplateForbidden",
    "TemplateSourceTooLong",
    "TemplateSyntax",
    "TemplateTooDeep",
    "UnknownAction",
    "UnknownCredential",
    "UnknownField",
    "UnknownPort",
    "UnknownInput",
    "UnknownStep",
    "UnknownVariable",
    "Unpaired",
    "UnusedCredential",
    "WrongCredential",
]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`path` leads to the field, as in `steps[2].with.url`; `hint` says what to do about it."""

    type: FindingType
    message: str
    step: str | None = None
    path: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{place}{self.message}" + (f"; {self.hint}" if self.hint else "")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A hint with the nearest known name, else with all of a short list, else nothing."""
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    if 0 < len(known) <= 8:
        return "known: " + ", ".join(sorted(known))
    return ""
