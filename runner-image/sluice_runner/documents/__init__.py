"""Read documents that others made: in a process of their own, which may fail, hang or burst."""
