"""The metadata of an object of ours, as a body brings it along."""

from typing import Any

from sluice_core import names as spelt
from sluice_gateway.forms.reading import Fields
from sluice_gateway.problems import Fault

_KEPT = ("name", "labels", "annotations")


def read(fields: Fields) -> dict[str, Any]:
    """What is kept of it; the rest is the API server's to say. Faults are left in `fields`."""
    given = fields.mapping("metadata")
    kept = {name: given[name] for name in _KEPT if given.get(name) is not None}
    if not isinstance(kept.get("name", ""), str):
        fields.faults.append(Fault("metadata.name", "must be a text"))
    for name in ("labels", "annotations"):
        texts = kept.get(name, {})
        if not isinstance(texts, dict) or not all(isinstance(one, str) for one in texts.values()):
            fields.faults.append(Fault(f"metadata.{name}", "must be an object of texts"))
        elif ours := sorted(one for one in texts if one.startswith(f"{spelt.GROUP}/")):
            said = f"{ours[0]} is for Sluice alone to say"
            fields.faults.append(Fault(f"metadata.{name}", said, "remove it"))
    return kept
