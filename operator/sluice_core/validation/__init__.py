"""Errors and warnings of a definition: one code for lint, REST and the operator."""

from sluice_core.validation.action import catalogue, check_action
from sluice_core.validation.check import WARNINGS, Report, check
from sluice_core.validation.manifest import parse, read

__all__ = ["WARNINGS", "Report", "catalogue", "check", "check_action", "parse", "read"]
