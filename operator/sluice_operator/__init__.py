"""The operator: watches Sluice's kinds, keeps their children and status, dispatches runs."""
