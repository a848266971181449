"""The custom resource definitions, made from the models of sluice_core.api."""

from sluice_core.crd.definition import KINDS, file_name, make_definition

__all__ = ["KINDS", "file_name", "make_definition"]
