"""What is answered where something is wrong."""

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    path: str
    message: str
    hint: str


class ProblemAnswer(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["urn:sluice:problem:WorkflowPaused"])
    title: str
    status: int
    detail: str
    errors: list[Fault] = []
    limit: int | None = Field(None, description="What the namespace's plan admits.")
    used: int | None = Field(None, description="What is used of it, or was asked for.")
