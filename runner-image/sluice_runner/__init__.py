"""The runner: executes runs in the tenant's namespace, without a Kubernetes token."""
