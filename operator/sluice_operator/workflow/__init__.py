"""The room of Workflow: observe, reconcile, apply."""
