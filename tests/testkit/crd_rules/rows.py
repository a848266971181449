"""All rows: every rule of the definitions that concerns one state of one object."""

from testkit.crd_rules import credentials, others, triggers, workflows

ROWS = workflows.ROWS | triggers.ROWS | others.ROWS | credentials.ROWS
