"""Pure builders of the objects that a workflow has: one kind, one module."""
