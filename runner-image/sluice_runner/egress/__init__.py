"""The guard on every connection that a step opens: what is named or public, and nothing else."""
