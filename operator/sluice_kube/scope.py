"""Which objects of a resource a list or a watch is about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """All objects, or those of one namespace, with these labels, with these fields.

    `metadata_only` asks for PartialObjectMetadata: no spec, no status.
    """

    namespace: str | None = None
    labels: str = ""
    fields: str = ""
    metadata_only: bool = False

    def query(self) -> dict[str, str]:
        """The selectors as query parameters."""
        wanted = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return {name: text for name, text in wanted.items() if text}


EVERYTHING = Scope()
