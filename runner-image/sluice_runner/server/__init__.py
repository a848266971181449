"""The runner's server: takes runs from the operator, and keeps what happened until acknowledged."""
