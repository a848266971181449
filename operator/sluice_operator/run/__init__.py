"""The room of WorkflowRun: what to do with a run, on which runner, and how long it is kept."""
