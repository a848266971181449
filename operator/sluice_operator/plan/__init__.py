"""The room of WorkflowPlans: where each is in force."""
