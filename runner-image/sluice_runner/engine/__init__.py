"""Carry out one run of a definition; knows nothing of Kubernetes or HTTP."""

from sluice_runner.engine.job import Job, Renderer, Tools
from sluice_runner.engine.run import execute

__all__ = ["Job", "Renderer", "Tools", "execute"]
