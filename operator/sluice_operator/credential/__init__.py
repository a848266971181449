"""The room of WorkflowCredentials: what is told of each, and by whom it is used."""
