"""Templates in Scriban's language, turned into ours; github.com/scriban/scriban describes it."""

from sluice_gateway.forms.scriban.blocks import translated
from sluice_gateway.forms.scriban.refused import Untranslatable

__all__ = ["Untranslatable", "translated"]
