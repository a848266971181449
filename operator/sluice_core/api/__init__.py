"""The six custom resources: one kind, one module; crds/ is generated from these."""
