"""One rule of a definition, tried from both sides."""

from dataclasses import dataclass

from sluice_core.api.meta import Resource
from sluice_core.manifest import Manifest
from testkit.api_server import an_object


@dataclass(frozen=True, kw_only=True)
class Row:
    """Two specs that differ in what the rule is about, and what the API server says."""

    model: type[Resource]
    refused: Manifest
    accepted: Manifest
    says: str
    refused_name: str = "tried"
    accepted_name: str = "tried"

    @property
    def bad(self) -> Manifest:
        """The object that the rule refuses."""
        return an_object(self.model, self.refused, name=self.refused_name)

    @property
    def good(self) -> Manifest:
        """The object that it accepts."""
        return an_object(self.model, self.accepted, name=self.accepted_name)
