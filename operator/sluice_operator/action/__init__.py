"""The room of WorkflowAction: judge, and say so in its status."""
