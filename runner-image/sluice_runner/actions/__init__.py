"""Every action that the runner itself carries out, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from sluice_runner.actions import (
    ai_extract,
    ai_generate,
    azureblob_upload,
    box_upload,
    condition,
    container,
    discord_send,
    document_parse,
    dropbox_upload,
    email_send,
    fail,
    ftp_upload,
    http,
    log,
    notify,
    publish,
    s3_download,
    s3_upload,
    sftp_upload,
    slack_send,
    sms_send,
    sql_query,
    switch,
    teams_send,
    transform,
    validate,
    wait,
    workflow_run,
)
from sluice_runner.actions.action import Action

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        action.type.name: action
        for action in (
            *http.ACTIONS,
            email_send.ACTION,
            sql_query.ACTION,
            ftp_upload.ACTION,
            sftp_upload.ACTION,
            transform.ACTION,
            condition.ACTION,
            switch.ACTION,
            validate.ACTION,
            log.ACTION,
            wait.ACTION,
            fail.ACTION,
            workflow_run.ACTION,
            container.ACTION,
            publish.ACTION,
            ai_generate.ACTION,
            ai_extract.ACTION,
            sms_send.ACTION,
            teams_send.ACTION,
            slack_send.ACTION,
            discord_send.ACTION,
            notify.ACTION,
            document_parse.ACTION,
            s3_upload.ACTION,
            s3_download.ACTION,
            azureblob_upload.ACTION,
            box_upload.ACTION,
            dropbox_upload.ACTION,
        )
    }
)
