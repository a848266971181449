"""The form in which mail providers post a message that they have parsed."""

from typing import Any

from pydantic import AliasChoices, Field

from sluice_gateway.schemas.form import Form


class Attached(Form):
    """An attachment; without `base64` it is only told of."""

    name: str = Field(
        "attachment", max_length=1024, validation_alias=AliasChoices("name", "filename")
    )
    media: str = Field(
        "application/octet-stream",
        max_length=253,
        validation_alias=AliasChoices("contentType", "content_type", "type"),
    )
    base64: str | None = Field(None, validation_alias=AliasChoices("base64", "content"))
    size: int | None = Field(None, ge=0)
    content_id: Any = Field(None, validation_alias=AliasChoices("contentId", "content_id"))
    disposition: Any = None


class MailForm(Form):
    """An e-mail."""

    from_: str = Field("", alias="from", max_length=4096)
    to: str | list[str] = Field("", description="One address or several.")
    subject: str = Field("", max_length=4096)
    body_text: str = Field("", validation_alias=AliasChoices("body_text", "text"))
    body_html: str = Field("", validation_alias=AliasChoices("body_html", "html"))
    attachments: list[Attached] = Field([], max_length=200)
    email_headers: dict[str, str] = Field(default_factory=dict, max_length=1000)
    message_id: str | None = Field(None, max_length=1024)
