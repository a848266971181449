"""What other products call our actions and triggers, so that their workflows can move here."""

import re
from collections.abc import Mapping
from types import MappingProxyType

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        # sources and destinations
        "database-query": "sql.query",
        "mariadb-source": "sql.query",
        "mysql-destination": "sql.query",
        "mysql-source": "sql.query",
        "postgres-destination": "sql.query",
        "postgres-source": "sql.query",
        "postgresql-destination": "sql.query",
        "postgresql-source": "sql.query",
        "sql": "sql.query",
        "s3-destination": "s3.upload",
        "s3-source": "s3.download",
        "azure-blob-destination": "azureblob.upload",
        "ftp-destination": "ftp.upload",
        "sftp-destination": "sftp.upload",
        # calls and messages
        "api-call": "http.post",
        "http-delete": "http.delete",
        "http-get": "http.get",
        "http-patch": "http.patch",
        "http-post": "http.post",
        "http-put": "http.put",
        "rest-api": "http.post",
        "webhook": "http.post",
        "discord": "discord.send",
        "email": "email.send",
        "send-discord-message": "discord.send",
        "send-email": "email.send",
        "send-slack-message": "slack.send",
        "send-sms": "sms.send",
        "send-teams-message": "teams.send",
        "slack": "slack.send",
        "sms": "sms.send",
        "teams": "teams.send",
        "create-notification": "notify",
        "notification": "notify",
        "publish-event": "publish",
        # models and documents
        "agent": "ai.generate",
        "ai-agent": "ai.generate",
        "ai-generate": "ai.generate",
        "llm": "ai.generate",
        "ai-extract": "ai.extract",
        "extract": "ai.extract",
        "document-parser": "document.parse",
        "parse": "document.parse",
        # logic
        "data-transform": "transform",
        "delay": "wait",
        "if": "condition",
        "map": "transform",
        "router": "switch",
        "sub-workflow": "workflow.run",
        "validator": "validate",
    }
)

NUMBERED: tuple[str, ...] = (
    "email.send", "sms.send", "http.get", "http.post", "http.put", "http.delete", "ftp.upload",
    "sftp.upload", "s3.upload", "teams.send", "slack.send", "discord.send", "azureblob.upload",
    "box.upload", "dropbox.upload",
)  # fmt: skip
"""Where a product gives numbers to its actions: the one with the number of its place."""

TRIGGERS: Mapping[str, str] = MappingProxyType(
    {
        "api-trigger": "",
        "cron-trigger": "schedule",
        "email-trigger": "email",
        "event-trigger": "event",
        "manual-trigger": "",
        "queue-trigger": "queue",
        "schedule-trigger": "schedule",
        "trigger": "",
        "webhook-trigger": "webhook",
    }
)
"""Nodes that set a workflow off: the field of a trigger, or nothing for runs by hand."""


def plain(name: str) -> str:
    """`mysql_source` and `mysqlSource` are `mysql-source`."""
    return _HUMP.sub("-", name.strip()).replace("_", "-").replace(" ", "-").lower()


def action(name: str, known: Mapping[str, object] | frozenset[str]) -> str | None:
    """The action meant: one of the known, by its name or an alias; None for neither."""
    if name in known:
        return name
    spelt = plain(name)
    for meant in (ACTIONS.get(spelt), spelt, spelt.replace("-", ".", 1)):
        if meant is not None and meant in known:
            return meant
    return ACTIONS.get(spelt)
