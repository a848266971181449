"""The only code that speaks to the API server: session, informer, apply, status, lease, reviews."""
